//! The rules of `FORMAT.md`, one after the other, each with a program that breaks it: longer than other files for that.

use super::*;

/// Main's scope around some operations in JSON.
fn program(body: &str) -> Program {
    let text = format!(
        r#"{{"slots":100,"main":[{{"op":"scope","id":1,"deadline":{{"at":99,"turns":20}},"body":[{body}]}}]}}"#
    );
    serde_json::from_str(&text).unwrap()
}

#[track_caller]
fn good(body: &str) {
    if let Err(invalid) = validate(&program(body)) {
        panic!("{invalid}");
    }
}

#[track_caller]
fn bad(body: &str, spot: &str, fault: &str) {
    let invalid = validate(&program(body)).unwrap_err();
    let said = invalid.to_string();
    assert!(said.starts_with(&format!("{spot}: ")), "{said}");
    assert!(said.contains(fault), "{said}");
}

const GROUP: &str = r#""op":"group","id":2"#;
const FAILING: &str = r#""op":"group","id":2,"failing":true,"catch":true"#;
const SPAWN: &str = r#""op":"spawn","at":1,"group":2,"task":1"#;
const START: &str = r#""op":"start","at":1,"group":2,"task":1"#;
const SLEEP: &str = r#"{"op":"sleep","at":2}"#;
const STARTED: &str = r#"{"op":"started","at":3}"#;
const FOREVER: &str = r#"{"op":"forever"}"#;
const FAIL: &str = r#"{"op":"fail","at":4,"error":1}"#;

#[test]
fn main_is_one_scope_with_a_deadline() {
    good("");
    for text in [
        r#"{"slots":2,"main":[]}"#,
        r#"{"slots":2,"main":[{"op":"scope","id":1,"body":[]}]}"#,
        r#"{"slots":3,"main":[{"op":"scope","id":1,"deadline":{"at":1},"body":[]},{"op":"sleep","at":2}]}"#,
    ] {
        let program = serde_json::from_str(text).unwrap();
        assert!(validate(&program).is_err());
    }
    bad(
        r#"{"op":"deadline","at":1,"scope":1,"to":null}"#,
        "main",
        "moved",
    );
}

#[test]
fn numbers_are_used_once() {
    bad(
        &format!("{SLEEP},{SLEEP}"),
        "main[0].body[1]",
        "slot 2 is used twice",
    );
    bad(r#"{"op":"sleep","at":0}"#, "main[0].body[0]", "slot 0");
    bad(r#"{"op":"sleep","at":100}"#, "main[0].body[0]", "slot 100");
    bad(
        r#"{"op":"sleep","at":1,"turns":0}"#,
        "main[0].body[0]",
        "0 turns",
    );
    good(r#"{"op":"scope","id":2,"deadline":{"at":1,"turns":0},"body":[]}"#);
    bad(
        r#"{"op":"scope","id":1,"body":[]}"#,
        "main[0].body[0]",
        "id 1 is used twice",
    );
    bad(
        r#"{"op":"wait","event":1},{"op":"wait","event":1}"#,
        "main[0].body[1]",
        "event 1 is waited for twice",
    );
    good(r#"{"op":"set","at":1,"event":1},{"op":"set","at":2,"event":1}"#);
    bad(
        r#"{"op":"shield","id":2,"grace":{"cycles":1,"bit":0},"body":[]},{"op":"shield","id":3,"grace":{"cycles":1,"bit":0},"body":[]}"#,
        "main[0].body[1]",
        "bit 0 is used twice",
    );
    bad(
        r#"{"op":"shield","id":2,"grace":{"cycles":0,"bit":0},"body":[]}"#,
        "main[0].body[0]",
        "0 cycles",
    );
    bad(
        r#"{"op":"shield","id":2,"grace":{"cycles":1,"bit":12},"body":[]}"#,
        "main[0].body[0]",
        "bit 12",
    );
    bad(
        &format!(r#"{{{GROUP},"body":[{{"op":"spawn","at":1,"group":2,"task":0,"body":[]}}]}}"#),
        "main[0].body[0].body[0]",
        "task 0 is used twice",
    );
    bad(
        &format!(r#"{{{FAILING},"body":[{FAIL},{{"op":"fail","at":5,"error":1}}]}}"#),
        "main[0].body[0].body[1]",
        "error 1 is used twice",
    );
}

#[test]
fn references_lead_somewhere() {
    bad(
        r#"{"op":"cancel","at":1,"scope":2}"#,
        "main[0].body[0]",
        "no scope or group",
    );
    bad(
        r#"{"op":"shield","id":2,"body":[{"op":"cancel","at":1,"scope":2}]}"#,
        "main[0].body[0].body[0]",
        "no scope",
    );
    bad(
        &format!(r#"{{{GROUP},"body":[]}},{{"op":"deadline","at":1,"scope":2,"to":null}}"#),
        "main[0].body[1]",
        "2 is no scope",
    );
    bad(
        r#"{"op":"cancel_task","at":1,"task":1}"#,
        "main[0].body[0]",
        "no task 1",
    );
    bad(
        r#"{"op":"cancel_task","at":1,"task":0}"#,
        "main[0].body[0]",
        "no task 0",
    );
    good(&format!(
        r#"{{"op":"cancel","at":3,"scope":2}},{{{GROUP},"body":[{{{SPAWN},"body":[]}}]}},{{"op":"join","task":1,"at":4}}"#
    ));
}

#[test]
fn groups_are_named_from_inside() {
    bad(
        &format!(r#"{{{GROUP},"body":[]}},{{{SPAWN},"body":[]}}"#),
        "main[0].body[1]",
        "group 2 cannot be named",
    );
    bad(
        &format!(
            r#"{{{GROUP},"body":[{{"op":"finally","id":3,"body":[],"cleanup":[{{{SPAWN},"body":[]}}]}}]}}"#
        ),
        "main[0].body[0].body[0].cleanup[0]",
        "cannot be named",
    );
    bad(
        &format!(
            r#"{{{GROUP},"body":[{{"op":"defer","at":9,"group":2,"id":3,"body":[{{{SPAWN},"body":[]}}]}}]}}"#
        ),
        "main[0].body[0].body[0].body[0]",
        "cannot be named",
    );
    // From a task of an outer group, through a shield.
    good(&format!(
        r#"{{"op":"group","id":3,"body":[{{{GROUP},"body":[{{"op":"shield","id":4,"body":[{{"op":"spawn","at":5,"group":3,"task":2,"body":[{{{SPAWN},"body":[]}}]}}]}}]}}]}}"#
    ));
}

#[test]
fn local_groups_stay_with_their_tasks() {
    let nested = |outer: &str, inner: &str| {
        format!(
            r#"{{"op":"group","id":2{outer},"body":[{{{SPAWN},"body":[{{"op":"group","id":3{inner},"body":[]}}]}}]}}"#
        )
    };
    let local = r#","local":true"#;
    good(&nested(local, local));
    good(&nested(local, ""));
    bad(
        &nested("", local),
        "main[0].body[0].body[0].body[0]",
        "a local group",
    );
    let from_task = |inner: &str| {
        format!(
            r#"{{"op":"group","id":2,"local":true,"body":[{{"op":"group","id":3{inner},"body":[{{"op":"spawn","at":9,"group":3,"task":2,"body":[{{{SPAWN},"body":[]}}]}}]}}]}}"#
        )
    };
    bad(
        &from_task(""),
        "main[0].body[0].body[0].body[0].body[0]",
        "group 2 cannot be named",
    );
    bad(
        &from_task(local),
        "main[0].body[0].body[0].body[0].body[0]",
        "group 2 cannot be named",
    );
    let handle = |op: &str| {
        format!(
            r#"{{"op":"group","id":3,"body":[{{"op":"spawn","at":9,"group":3,"task":2,"body":[{op}]}}]}},{{{GROUP},"local":true,"body":[{{{SPAWN},"body":[]}}]}}"#
        )
    };
    bad(
        &handle(r#"{"op":"cancel_task","at":8,"task":1}"#),
        "main[0].body[0].body[0].body[0]",
        "the handle of local task 1",
    );
}

#[test]
fn errors_have_somewhere_to_go() {
    bad(FAIL, "main[0].body[0]", "nowhere to go");
    bad(
        &format!(r#"{{{GROUP},"body":[{{{SPAWN},"body":[{FAIL}]}}]}}"#),
        "main[0].body[0].body[0].body[0]",
        "nowhere",
    );
    good(&format!(
        r#"{{{FAILING},"body":[{{"op":"shield","id":3,"body":[{FAIL}]}}]}}"#
    ));
    good(&format!(
        r#"{{{FAILING},"body":[{{{START},"body":[{FAIL}]}}]}}"#
    ));
    bad(
        &format!(
            r#"{{{FAILING},"body":[{{"op":"finally","id":3,"body":[],"cleanup":[{FAIL}]}}]}}"#
        ),
        "main[0].body[0].body[0].cleanup[0]",
        "nowhere",
    );
    bad(
        r#"{"op":"group","id":2,"failing":true,"body":[]}"#,
        "main[0].body[0]",
        "errors have nowhere",
    );
    good(&format!(
        r#"{{{FAILING},"body":[{{"op":"group","id":3,"failing":true,"body":[{FAIL}]}}]}}"#
    ));
    let hook = r#"{"op":"defer","at":9,"group":2,"id":3,"error":1,"body":[]}"#;
    good(&format!(r#"{{{FAILING},"body":[{hook}]}}"#));
    bad(
        &format!(r#"{{{GROUP},"body":[{hook}]}}"#),
        "main[0].body[0].body[0]",
        "a hook that fails",
    );
}

#[test]
fn started_is_said_once_by_the_task_itself() {
    let start = |body: &str| format!(r#"{{{GROUP},"body":[{{{START},"body":[{body}]}}]}}"#);
    let at = "main[0].body[0].body[0].body";
    good(&start(STARTED));
    good(&start(&format!(
        r#"{{"op":"scope","id":3,"body":[{STARTED}]}}"#
    )));
    bad(STARTED, "main[0].body[0]", "`started`");
    bad(
        &start(&format!(r#"{{"op":"shield","id":3,"body":[{STARTED}]}}"#)),
        &format!("{at}[0].body[0]"),
        "`started`",
    );
    bad(
        &start(&format!(
            r#"{{"op":"scope","id":3,"body":[{STARTED}]}},{{"op":"started","at":5}}"#
        )),
        &format!("{at}[1]"),
        "second",
    );
    bad(
        &start(&format!(
            r#"{{"op":"spawn","at":5,"group":2,"task":2,"body":[{STARTED}]}}"#
        )),
        &format!("{at}[0].body[0]"),
        "`started`",
    );
    // One start in another: each has its own.
    good(&start(&format!(
        r#"{{"op":"start","at":5,"group":2,"task":2,"body":[{{"op":"started","at":6}}]}},{STARTED}"#
    )));
}

#[test]
fn restores_undo_a_shield() {
    let restore = r#"{"op":"restore","id":9,"body":[]}"#;
    good(&format!(r#"{{"op":"shield","id":2,"body":[{restore}]}}"#));
    bad(restore, "main[0].body[0]", "`restore`");
    bad(
        &format!(
            r#"{{"op":"group","id":2,"body":[{{"op":"shield","id":3,"body":[{{{SPAWN},"body":[{restore}]}}]}}]}}"#
        ),
        "main[0].body[0].body[0].body[0].body[0]",
        "`restore`",
    );
    bad(
        &format!(
            r#"{{"op":"shield","id":2,"body":[{{"op":"finally","id":3,"body":[],"cleanup":[{restore}]}}]}}"#
        ),
        "main[0].body[0].body[0].cleanup[0]",
        "`restore`",
    );
}

#[test]
fn tasks_do_not_join_themselves() {
    let join = r#"{"op":"join","task":1,"at":9}"#;
    bad(
        &format!(
            r#"{{{GROUP},"body":[{{{SPAWN},"body":[{{"op":"spawn","at":5,"group":2,"task":2,"body":[{join}]}}]}}]}}"#
        ),
        "main[0].body[0].body[0].body[0].body[0]",
        "joins itself",
    );
}

#[test]
fn waits_end() {
    let inside = "main[0].body[0].body[0]";
    let shield = |body: &str| format!(r#"{{"op":"shield","id":3,"body":[{body}]}}"#);
    let scope =
        |body: &str| format!(r#"{{"op":"scope","id":4,"deadline":{{"at":9}},"body":[{body}]}}"#);
    good(FOREVER);
    bad(&shield(FOREVER), inside, "`forever`");
    bad(&shield(r#"{"op":"wait","event":1}"#), inside, "`wait`");
    good(&shield(&scope(FOREVER)));
    bad(
        &scope(&shield(FOREVER)),
        &format!("{inside}.body[0]"),
        "`forever`",
    );
    // A deadline that somebody moves ends nothing.
    bad(
        &format!(
            r#"{},{{"op":"deadline","at":8,"scope":4,"to":null}}"#,
            shield(&scope(FOREVER))
        ),
        &format!("{inside}.body[0]"),
        "`forever`",
    );
    good(&shield(&format!(
        r#"{{"op":"restore","id":5,"body":[{FOREVER}]}}"#
    )));
    bad(
        &shield(
            &shield(&format!(r#"{{"op":"restore","id":5,"body":[{FOREVER}]}}"#))
                .replacen('3', "6", 1),
        ),
        &format!("{inside}.body[0].body[0]"),
        "`forever`",
    );
    // A grace period lets the end of the outside through, if there is one.
    let grace =
        format!(r#"{{"op":"shield","id":5,"grace":{{"cycles":1,"bit":1}},"body":[{FOREVER}]}}"#);
    good(&grace);
    bad(&shield(&grace), &format!("{inside}.body[0]"), "`forever`");
    let finally = |grace: &str| {
        format!(r#"{{"op":"finally","id":5{grace},"body":[],"cleanup":[{FOREVER}]}}"#)
    };
    bad(&finally(""), "main[0].body[0].cleanup[0]", "`forever`");
    good(&shield(&finally(r#","grace":{"cycles":1,"bit":1}"#)));
}

#[test]
fn locks_and_barriers_are_counted_and_end() {
    let locks = |body: &str| {
        let mut program = program(body);
        program.locks = 2;
        program.barriers = vec![2];
        validate(&program)
    };
    let faulty = |body: &str, fault: &str| {
        let said = locks(body).unwrap_err().to_string();
        assert!(said.contains(fault), "{said}");
    };
    let lock = r#"{"op":"lock","at":1,"lock":1,"body":[]}"#;
    locks(lock).unwrap();
    locks(r#"{"op":"lock","lock":0,"unless":1,"body":[]}"#).unwrap();
    faulty(
        r#"{"op":"lock","at":1,"lock":2,"body":[]}"#,
        "there is no lock 2",
    );
    faulty(
        &format!(r#"{{"op":"shield","id":3,"body":[{lock}]}}"#),
        "`lock` where nothing can end it",
    );
    // Also where an event would end it: nobody may set it.
    faulty(
        r#"{"op":"shield","id":3,"body":[{"op":"lock","lock":0,"unless":1,"body":[]}]}"#,
        "`lock` where nothing can end it",
    );
    faulty(
        r#"{"op":"wait","event":1},{"op":"lock","lock":0,"unless":1,"body":[]}"#,
        "event 1 is waited for twice",
    );
    locks(r#"{"op":"watch","at":1,"lock":1,"first":[],"body":[]},{"op":"notify","at":2,"lock":1}"#)
        .unwrap();
    faulty(r#"{"op":"notify","at":2,"lock":3}"#, "there is no lock 3");
    faulty(
        r#"{"op":"shield","id":3,"body":[{"op":"watch","lock":0,"body":[]}]}"#,
        "`watch` where nothing can end it",
    );
    locks(r#"{"op":"meet","barrier":0},{"op":"meet","at":1,"barrier":0}"#).unwrap();
    faulty(r#"{"op":"meet","barrier":1}"#, "there is no barrier 1");
    faulty(
        r#"{"op":"shield","id":3,"body":[{"op":"meet","barrier":0}]}"#,
        "`meet` where nothing can end it",
    );
    // What is in its block is where it is itself.
    faulty(
        r#"{"op":"lock","at":1,"lock":0,"body":[{"op":"fail","at":2,"error":1}]}"#,
        "nowhere to go",
    );
}

#[test]
fn tasks_of_shielded_groups_end() {
    let in_shield = |body: &str| {
        format!(
            r#"{{"op":"shield","id":3,"body":[{{{GROUP},"body":[{{{SPAWN},"body":[{body}]}}]}}]}}"#
        )
    };
    bad(
        &in_shield(FOREVER),
        "main[0].body[0].body[0].body[0].body[0]",
        "`forever`",
    );
    // The task belongs to a group outside of the shield.
    good(&format!(
        r#"{{{GROUP},"body":[{{"op":"shield","id":3,"body":[{{{SPAWN},"body":[{FOREVER}]}}]}}]}}"#
    ));
    let limit = r#"{"op":"group","id":2,"limit":0,"body":[]}"#;
    good(limit);
    bad(
        &format!(r#"{{"op":"shield","id":3,"body":[{limit}]}}"#),
        "main[0].body[0].body[0]",
        "limit of 0",
    );
}

#[test]
fn started_tasks_end() {
    // The starter can be cancelled for as long as the task has not started; then the group counts.
    let starter = |body: &str| {
        format!(
            r#"{{"op":"shield","id":3,"body":[{{{GROUP},"body":[{{"op":"scope","id":4,"deadline":{{"at":9}},"body":[{{{START},"body":[{body}]}}]}}]}}]}}"#
        )
    };
    let at = "main[0].body[0].body[0].body[0].body[0].body";
    good(&starter(FOREVER));
    good(&starter(&format!("{FOREVER},{STARTED}")));
    bad(
        &starter(&format!("{STARTED},{FOREVER}")),
        &format!("{at}[1]"),
        "`forever`",
    );
    // Whether it has started is not known after a scope.
    let maybe = format!(r#"{{"op":"scope","id":5,"body":[{SLEEP},{STARTED}]}},{FOREVER}"#);
    bad(&starter(&maybe), &format!("{at}[1]"), "`forever`");
    let shielded = |body: &str| {
        format!(
            r#"{{{GROUP},"body":[{{"op":"shield","id":3,"body":[{{{START},"body":[{body}]}}]}}]}}"#
        )
    };
    let at = "main[0].body[0].body[0].body[0].body";
    bad(
        &shielded(&format!("{FOREVER},{STARTED}")),
        &format!("{at}[0]"),
        "`forever`",
    );
    good(&shielded(&format!("{STARTED},{FOREVER}")));
    bad(&shielded(&maybe), &format!("{at}[1]"), "`forever`");
    // A start in a limited group may wait for a place.
    let limited = shielded(STARTED).replacen(r#""id":2"#, r#""id":2,"limit":1"#, 1);
    bad(&limited, "main[0].body[0].body[0].body[0]", "limited group");
}

#[test]
fn what_is_shared_is_listed_and_its_waits_end() {
    let shared = |body: &str| {
        let mut program = program(body);
        program.streams = vec![1];
        program.broadcasts = vec![1, 0];
        program.flights = vec![0];
        (program.cells, program.promises, program.resources) = (1, 1, 1);
        validate(&program)
    };
    // Each operation as it should be, and what it says of number 7, which is not there.
    let waits = [
        (
            r#""op":"reserve","at":1,"item":1,"body":[],"stream""#,
            "stream",
        ),
        (r#""op":"publish","at":1,"item":1,"broadcast""#, "broadcast"),
        (
            r#""op":"listen","at":1,"id":4,"take":1,"body":[],"broadcast""#,
            "broadcast",
        ),
        (r#""op":"fill","at":1,"id":4,"body":[],"cell""#, "cell"),
        (
            r#""op":"get","at":1,"id":4,"key":1,"body":[],"flight""#,
            "flight",
        ),
        (r#""op":"ask","promise""#, "promise"),
    ];
    let others = [
        (r#""op":"hush","at":1,"broadcast""#, "broadcast"),
        (r#""op":"give","at":1,"item":1,"promise""#, "promise"),
        (r#""op":"use","at":1,"body":[],"resource""#, "resource"),
    ];
    for (op, what) in waits.into_iter().chain(others) {
        shared(&format!("{{{op}:0}}")).unwrap();
        let said = shared(&format!("{{{op}:7}}")).unwrap_err().to_string();
        assert!(said.contains(&format!("there is no {what} 7")), "{said}");
    }
    let shielded = |op: &str| shared(&format!(r#"{{"op":"shield","id":3,"body":[{{{op}:0}}]}}"#));
    for (op, _) in waits {
        let said = shielded(op).unwrap_err().to_string();
        assert!(said.contains("where nothing can end it"), "{op}: {said}");
    }
    for (op, _) in others {
        shielded(op).unwrap();
    }
    let twice = r#"{"op":"publish","at":1,"item":1,"broadcast":0},{"op":"give","at":2,"item":1,"promise":0}"#;
    let said = shared(twice).unwrap_err().to_string();
    assert!(said.contains("item 1 is used twice"), "{said}");
}

#[test]
fn limits_and_bodies_of_arms_stand_where_they_mean_something() {
    let arms = |kind: &str, rest: &str| {
        format!(
            r#"{{"op":"together","id":3,"kind":"{kind}","arms":[{{"task":1,"body":[{SLEEP}]}}]{rest}}}"#
        )
    };
    for kind in ["amap", "as_completed"] {
        good(&arms(kind, r#","limit":1"#));
        bad(
            &arms(kind, r#","limit":0"#),
            "main[0].body[0]",
            "a limit of 0",
        );
    }
    bad(
        &arms("gather", r#","limit":1"#),
        "main[0].body[0]",
        "a limit of what has none",
    );
    let body = r#","take":1,"body":[{"op":"sleep","at":5}]"#;
    good(&arms("as_completed", body));
    bad(&arms("amap", body), "main[0].body[0]", "nobody takes");
    bad(
        &arms("as_completed", &format!(r#","body":[{FAIL}]"#)),
        "main[0].body[0].cleanup[0]",
        "nowhere to go",
    );
    bad(&arms("try_amap", ""), "main[0].body[0]", "nowhere to go");
}
