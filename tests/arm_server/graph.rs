//! Azure Resource Graph, as far as discovery asks it, and the caller's permissions on a subscription.

use serde_json::{Value, json};

use super::http::Response;
use super::world::Answers;

/// Rows of registries, tasks and agent pools that the caller may read, in pages.
pub fn answer(answers: &Answers, body: &Value) -> Response {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_lowercase();
    if !text(&body["query"]).starts_with("resources | where type in~ ('microsoft.containerregistry/registries'") {
        return Response::error(400, "InvalidQuery", "This server knows one query.");
    }
    let wanted: Vec<String> = body["subscriptions"].as_array().into_iter().flatten().map(text).collect();
    let mut rows = Vec::new();
    for subscription in wanted {
        rows.extend(answers.graph.get(&subscription).into_iter().flatten().cloned());
    }
    let skip: usize = body["options"]["$skipToken"].as_str().and_then(|token| token.parse().ok()).unwrap_or(0);
    // Smaller than asked for, so that there is more than one.
    let page: Vec<&Value> = rows.iter().skip(skip).take(10).collect();
    let mut answer = json!({
        "totalRecords": rows.len(), "count": page.len(), "data": page, "facets": [], "resultTruncated": "false",
    });
    if skip + page.len() < rows.len() {
        answer["$skipToken"] = (skip + page.len()).to_string().into();
    }
    Response::json(200, &answer)
        .header("x-ms-user-quota-remaining", "14")
        .header("x-ms-user-quota-resets-after", "00:00:05")
}

/// Reader, unless the world says otherwise.
pub fn permissions(answers: &Answers, subscription: &str) -> Response {
    let actions = if answers.without_reader.contains(subscription) {
        json!(["Microsoft.ContainerRegistry/registries/read", "Microsoft.Network/*/read"])
    } else {
        json!(["*/read"])
    };
    Response::json(
        200,
        &json!({"value": [{"actions": actions, "notActions": [], "dataActions": [], "notDataActions": []}]}),
    )
}
