//! One answer of several. Where a value is one of a few, a registry comes to one of a few documents: what a policy says
//! of all of them is certain, and what it says of some is not known.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::results::check_result;

/// What a policy says of one document: results by what code scanning tells them apart by.
struct AnswerById {
    deny: BTreeMap<String, Value>,
    unknown: BTreeMap<String, Value>,
}

/// Makes one answer of what a policy says of a registry's alternatives. `own` is the registry's document with the value
/// as not known, and what the policy says of that: words are taken from there, and pointers lead into it.
///
/// # Errors
/// A result that breaks the policy contract.
pub fn merge(own: (&Value, &Value), alternatives: &[(&Value, &Value)]) -> Result<Value, String> {
    let (document, answer) = own;
    let own = AnswerById::read(answer, document, document)?;
    let others = alternatives.iter().map(|(other, answer)| AnswerById::read(answer, other, document));
    let others = others.collect::<Result<Vec<_>, _>>()?;
    let ids: BTreeSet<&String> = others.iter().flat_map(|said| said.deny.keys().chain(said.unknown.keys())).collect();
    let (mut deny, mut unknown, mut depends) = (Vec::new(), Vec::new(), Vec::new());
    for id in ids {
        let denials: Vec<&Value> = others.iter().filter_map(|said| said.deny.get(id)).collect();
        let doubts = [&own].into_iter().chain(&others).filter_map(|said| said.unknown.get(id));
        match denials.first() {
            Some(_) if denials.len() == others.len() => {
                deny.push(own.deny.get(id).cloned().unwrap_or_else(|| merge_denials(&denials)));
            }
            Some(denial) => depends.push(as_conditional(denial)),
            None => unknown.extend(doubts.take(1).cloned()),
        }
    }
    // Each is denied, but each for something else.
    let first = others.iter().map(|said| said.deny.values().next()).collect::<Option<Vec<_>>>();
    match first {
        Some(denials) if deny.is_empty() && !denials.is_empty() => deny.push(merge_denials(&denials)),
        _ => unknown.append(&mut depends),
    }
    Ok(json!({ "deny": deny, "unknown": unknown }))
}

/// The first denial, for all of them.
fn merge_denials(denials: &[&Value]) -> Value {
    let mut denial = denials[0].clone();
    let differs = |member: &str| denials.iter().any(|other| other[member] != denials[0][member]);
    if differs("msg") {
        let msg = denial["msg"].as_str().unwrap_or_default();
        denial["msg"] = json!(format!("{msg} With each other value that a parameter may have, it fails as well."));
    }
    for member in ["evidence", "fix"] {
        if differs(member) {
            denial.as_object_mut().and_then(|members| members.remove(member));
        }
    }
    denial
}

/// A denial of some alternatives, as what is not known.
fn as_conditional(denial: &Value) -> Value {
    let msg = denial["msg"].as_str().unwrap_or_default();
    let mut doubt = Map::new();
    doubt.insert("msg".to_owned(), json!(format!("It depends on the value of a parameter whether this holds: {msg}")));
    for member in ["field", "key"] {
        doubt.extend(denial.get(member).map(|value| (member.to_owned(), value.clone())));
    }
    Value::Object(doubt)
}

impl AnswerById {
    fn read(answer: &Value, document: &Value, own: &Value) -> Result<AnswerById, String> {
        let results = |rule: &str| {
            let items = answer[rule].as_array().ok_or_else(|| format!("`{rule}` is not a set"))?;
            let mut results = BTreeMap::new();
            for item in items {
                check_result(rule, item, document).map_err(|error| format!("`{rule}` gave a result {error}"))?;
                let mut item = item.clone();
                let field = relocate_pointer(item["field"].as_str().unwrap_or_default(), document, own);
                let id = item["key"].as_str().unwrap_or(&field).to_owned();
                item["field"] = json!(field);
                results.entry(id).or_insert(item);
            }
            Ok::<_, String>(results)
        };
        let deny = results("deny")?;
        let mut unknown = results("unknown")?;
        // What is denied is not unknown besides.
        unknown.retain(|id, _| !deny.contains_key(id));
        Ok(AnswerById { deny, unknown })
    }
}

/// A pointer into an alternative's document as one into the registry's own, whose lists may lack an item: then it is
/// the list's.
fn relocate_pointer(field: &str, theirs: &Value, own: &Value) -> String {
    let (mut theirs, mut own) = (Some(theirs), Some(own));
    let mut path = String::new();
    for segment in field.split('/').skip(1) {
        let name = segment.replace("~1", "/").replace("~0", "~");
        match theirs {
            Some(Value::Array(items)) => {
                let place = name.parse().ok().and_then(|index: usize| Some((index, items.get(index)?)));
                let Some((index, item)) = place else { return path };
                let list = own.and_then(Value::as_array);
                let Some((index, twin)) = list.and_then(|list| find_counterpart(list, index, item)) else {
                    return path;
                };
                path.push_str(&format!("/{index}"));
                (theirs, own) = (Some(item), Some(twin));
            }
            _ => {
                path.push_str(&format!("/{segment}"));
                theirs = theirs.and_then(|node| node.get(&name));
                own = own.and_then(|node| node.get(&name));
            }
        }
    }
    path
}

/// The item of a list that is this one of the other: the same, or of the same name.
fn find_counterpart<'a>(list: &'a [Value], index: usize, item: &Value) -> Option<(usize, &'a Value)> {
    let same = |(_, own): &(usize, &Value)| *own == item;
    let named = |(_, own): &(usize, &Value)| own["name"].is_string() && own["name"] == item["name"];
    let all = || list.iter().enumerate();
    all().nth(index).filter(same).or_else(|| all().find(same)).or_else(|| all().find(named))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn denial(field: &str, msg: &str) -> Value {
        json!({ "deny": [{ "msg": msg, "field": field, "evidence": { "said": msg } }], "unknown": [] })
    }

    fn doubt(field: &str, msg: &str) -> Value {
        json!({ "deny": [], "unknown": [{ "msg": msg, "field": field }] })
    }

    fn merged(own: &Value, others: &[Value]) -> Value {
        let document = json!({ "registry": {} });
        let others: Vec<_> = others.iter().map(|said| (&document, said)).collect();
        merge((&document, own), &others).expect("sound results")
    }

    const ACCESS: &str = "/registry/properties/publicNetworkAccess";
    const ACTION: &str = "/registry/properties/networkRuleSet/defaultAction";

    #[test]
    fn what_all_deny_is_denied() {
        let own = doubt(ACCESS, "Not known.");
        let open = denial(ACCESS, "Open.");
        assert_eq!(merged(&own, &[open.clone(), open.clone()]), open);
        let expected = "Basic. With each other value that a parameter may have, it fails as well.";
        let expected = json!({ "deny": [{ "msg": expected, "field": ACCESS }], "unknown": [] });
        let [basic, standard] = [denial(ACCESS, "Basic."), denial(ACCESS, "Standard.")];
        assert_eq!(merged(&own, &[basic.clone(), standard]), expected);
        assert_eq!(merged(&own, &[basic.clone(), denial(ACTION, "Allow.")]), expected);
        let plain = denial(ACCESS, "Whatever it is.");
        assert_eq!(merged(&plain, &[basic, denial(ACCESS, "Premium.")]), plain);
    }

    #[test]
    fn what_some_deny_depends() {
        let clean = json!({ "deny": [], "unknown": [] });
        let own = doubt(ACCESS, "Not known.");
        let expected = doubt(ACTION, "It depends on the value of a parameter whether this holds: Open.");
        for other in [clean, doubt(ACTION, "Who knows."), json!({ "deny": [], "unknown": [] })] {
            assert_eq!(merged(&own, &[other.clone(), denial(ACTION, "Open.")]), expected);
            assert_eq!(merged(&own, &[denial(ACTION, "Open."), other]), expected);
        }
    }

    #[test]
    fn what_none_denies_is_clean_unless_one_cannot_tell() {
        let clean = json!({ "deny": [], "unknown": [] });
        let own = doubt(ACCESS, "Not known.");
        assert_eq!(merged(&own, &[clean.clone(), clean.clone()]), clean);
        assert_eq!(merged(&own, &[clean.clone(), doubt(ACCESS, "No.")]), own);
        assert_eq!(merged(&own, &[doubt(ACTION, "No."), clean]), doubt(ACTION, "No."));
    }

    #[test]
    fn one_denial_in_common_does_not_hide_the_others() {
        let said = |rules: &[&str]| {
            let rules =
                rules.iter().map(|rule| json!({ "msg": format!("{rule}."), "field": "/registry", "key": rule }));
            json!({ "deny": rules.collect::<Vec<_>>(), "unknown": [] })
        };
        let merged = merged(&said(&[]), &[said(&["::1", "::2"]), said(&["::1"])]);
        assert_eq!(merged["deny"], said(&["::1"])["deny"]);
        assert_eq!(
            merged["unknown"],
            json!([{
                "msg": "It depends on the value of a parameter whether this holds: ::2.",
                "field": "/registry",
                "key": "::2",
            }])
        );
    }

    #[test]
    fn a_result_that_breaks_the_contract_is_an_error() {
        let document = json!({ "registry": {} });
        let sound = denial(ACCESS, "Open.");
        for odd in [json!({ "deny": "x" }), denial("/nothing", "Open."), denial(ACCESS, "")] {
            assert!(merge((&document, &sound), &[(&document, &odd)]).is_err(), "{odd}");
            assert!(merge((&document, &odd), &[(&document, &sound)]).is_err(), "{odd}");
        }
    }

    #[test]
    fn pointers_lead_into_the_registrys_own_document() {
        let rules = |values: &[&str]| values.iter().map(|value| json!({ "value": value })).collect::<Value>();
        let own = json!({ "registry": { "ipRules": rules(&["a", "c"]) }, "tasks": [{ "name": "t" }] });
        let tasks = json!([{ "name": "s" }, { "name": "t", "properties": { "status": "Enabled" } }]);
        let theirs = json!({ "registry": { "ipRules": rules(&["a", "b", "c"]), "x": [1] }, "tasks": tasks });
        for (field, expected) in [
            ("/registry/ipRules/0/value", "/registry/ipRules/0/value"),
            ("/registry/ipRules/1/value", "/registry/ipRules"),
            ("/registry/ipRules/2/value", "/registry/ipRules/1/value"),
            ("/registry/ipRules/7/value", "/registry/ipRules"),
            ("/registry/x/0", "/registry/x"),
            ("/registry/a~1b/c", "/registry/a~1b/c"),
            ("/tasks/1/properties/status", "/tasks/0/properties/status"),
            ("/tasks/0/identity", "/tasks"),
        ] {
            assert_eq!(relocate_pointer(field, &theirs, &own), expected);
        }
    }
}
