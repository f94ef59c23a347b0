//! The ways to a registry, drawn: who may come on the left, the registry, its tasks on the right. An open way is a solid
//! line, a shut one has a bar across, one that is not known is dashed and has a question mark; the words stand beside.

use serde::Serialize;

use super::super::{plural, visible};
use crate::model::exposure::{Answer, Exposure, Posture, TaskVerdict, Way};
use crate::model::visible::cut;

/// So many of a kind are drawn, the rest is counted.
const MAX_NODES: usize = 8;

/// Characters of a name that fit.
const MAX_NAME: usize = 26;

const ROW: usize = 30;
const TOP: usize = 12;
const WIDTH: usize = 720;
const LEFT: usize = 232;
const RIGHT: usize = 488;
const REGISTRY: [usize; 2] = [300, 420];

#[derive(Serialize)]
pub struct PathMap {
    width: usize,
    height: usize,
    middle: usize,
    name: String,
    box_top: usize,
    description: String,
    nodes: Vec<Node>,
}

#[derive(Serialize)]
struct Node {
    class: &'static str,
    name: String,
    full: String,
    word: String,
    text_x: usize,
    anchor: &'static str,
    y: usize,
    word_y: usize,
    from: [usize; 2],
    to: [usize; 2],
    mark: [usize; 2],
}

/// A way before it has a place.
struct Lane {
    answer: Answer,
    name: String,
    word: String,
}

pub fn path_map(name: &str, exposure: &Exposure) -> PathMap {
    let (left, right) = (visitors(exposure), tasks(exposure));
    let rows = left.len().max(right.len()).max(2);
    let height = 2 * TOP + rows * ROW;
    let middle = height / 2;
    let said: Vec<String> = left.iter().chain(&right).map(|lane| format!("{}: {}", lane.name, lane.word)).collect();
    let nodes = place(left, middle, true).into_iter().chain(place(right, middle, false)).collect();
    PathMap {
        width: WIDTH,
        height,
        middle,
        name: visible(&cut(name, 15)).into_owned(),
        box_top: middle - 22,
        description: visible(&format!("Ways to {name}. {}.", said.join("; "))).into_owned(),
        nodes,
    }
}

fn place(lanes: Vec<Lane>, middle: usize, is_left: bool) -> Vec<Node> {
    let top = middle - lanes.len() * ROW / 2 + ROW / 2;
    let count = lanes.len();
    let nodes = lanes.into_iter().enumerate().map(|(index, lane)| {
        let y = top + index * ROW;
        // The lines meet the box side by side.
        let end = middle + 3 * (2 * index + 1) - 3 * count;
        let (from, to) = if is_left { ([LEFT, y], [REGISTRY[0], end]) } else { ([RIGHT, y], [REGISTRY[1], end]) };
        Node {
            class: match lane.answer {
                Answer::Yes => "open",
                Answer::No => "shut",
                Answer::Unknown => "unknown",
            },
            name: visible(&cut(&lane.name, MAX_NAME)).into_owned(),
            full: visible(&lane.name).into_owned(),
            word: visible(&lane.word).into_owned(),
            text_x: if is_left { LEFT - 8 } else { RIGHT + 8 },
            anchor: if is_left { "end" } else { "start" },
            y: y - 2,
            word_y: y + 10,
            from,
            to,
            mark: [(from[0] + to[0]) / 2, (from[1] + to[1]) / 2],
        }
    });
    nodes.collect()
}

fn lane(answer: Answer, name: impl Into<String>, more: &str) -> Lane {
    let word = match answer {
        Answer::Yes => "open",
        Answer::No => "shut",
        Answer::Unknown => "not known",
    };
    let word = if more.is_empty() { word.to_owned() } else { format!("{word}, {more}") };
    Lane { answer, name: name.into(), word }
}

fn visitors(exposure: &Exposure) -> Vec<Lane> {
    let internet = match exposure.posture {
        Posture::Open => Answer::Yes,
        Posture::Selected | Posture::Closed => Answer::No,
        Posture::Unknown => Answer::Unknown,
    };
    let mut lanes = vec![lane(internet, "Internet", "")];
    let ranges = exposure.rules.iter().flatten();
    let ranges = ranges.map(|range| lane(range.admits, &range.value, range.tag.as_deref().unwrap_or_default()));
    lanes.extend(few(ranges.collect(), "range", "ranges"));
    if exposure.rules.is_none() && exposure.posture != Posture::Open {
        lanes.push(lane(Answer::Unknown, "Firewall rules", "not read"));
    }
    lanes.push(lane(exposure.trusted_services, "Trusted services", ""));
    let endpoints = exposure.endpoints.iter().flatten();
    let endpoints = endpoints.map(|endpoint| lane(endpoint.approved, &endpoint.name, &endpoint.state));
    lanes.extend(few(endpoints.collect(), "endpoint", "endpoints"));
    if exposure.endpoints.is_none() {
        lanes.push(lane(Answer::Unknown, "Private endpoints", "not read"));
    }
    lanes
}

fn tasks(exposure: &Exposure) -> Vec<Lane> {
    let Some(tasks) = &exposure.tasks else { return vec![lane(Answer::Unknown, "Tasks", "not read")] };
    few(
        tasks.iter().map(|task| lane(task.reaches, format!("Task {}", task.name), way(task))).collect(),
        "task",
        "tasks",
    )
}

/// By which way a task gets in, or what keeps it out.
fn way(task: &TaskVerdict) -> &'static str {
    match (task.way, task.broken_link.as_deref()) {
        (_, Some("pool")) => "its pool does not exist",
        (_, Some("way")) => "no way in",
        (_, Some("login")) => "no login that counts",
        (_, Some("role")) => "no role for what it does",
        (_, Some("import")) => "may not import",
        (Some(Way::Public), _) => "public endpoint",
        (Some(Way::VirtualNetwork), _) => "virtual network",
        (Some(Way::Bypass), _) => "bypass",
        (None, _) => "",
    }
}

/// Of many the first, those that are open before the others, and how many more there are.
fn few(mut lanes: Vec<Lane>, one: &str, many: &str) -> Vec<Lane> {
    if lanes.len() <= MAX_NODES {
        return lanes;
    }
    let rest = lanes.split_off(MAX_NODES - 1);
    let open = rest.iter().filter(|lane| lane.answer == Answer::Yes).count();
    let shut = rest.iter().filter(|lane| lane.answer == Answer::No).count();
    let answer = match rest.len() {
        count if count == open => Answer::Yes,
        count if count == shut => Answer::No,
        _ => Answer::Unknown,
    };
    let word = format!("{open} open, {shut} shut, {} not known", rest.len() - open - shut);
    lanes.push(Lane { answer, name: format!("{} more", plural(rest.len(), one, many)), word });
    lanes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::report::sample;

    #[test]
    fn every_way_has_its_word_and_its_shape() {
        let map = path_map("contoso", &sample::exposure());
        let told: Vec<String> =
            map.nodes.iter().map(|node| format!("{} {}: {}", node.class, node.name, node.word)).collect();
        assert_eq!(
            told,
            [
                "shut Internet: shut",
                "shut 203.0.113.0/24: shut",
                "open Trusted services: open",
                "open endpoint<b>: open, approved",
                "open Task build: open, bypass",
                "shut Task purge</script>: shut, no way in",
                "unknown Task sign: not known",
            ]
        );
        let unread = path_map("x", &Exposure::default());
        assert!(unread.nodes.iter().all(|node| node.class == "unknown"));
    }

    #[test]
    fn many_are_counted() {
        let lanes = (0..20).map(|index| lane(if index < 19 { Answer::Yes } else { Answer::No }, "x", "")).collect();
        let shown = few(lanes, "range", "ranges");
        assert_eq!(shown.len(), MAX_NODES);
        assert_eq!(shown.last().map(|lane| lane.word.as_str()), Some("12 open, 1 shut, 0 not known"));
    }
}
