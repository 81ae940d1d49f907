//! Tests of transformations over HTTP, and the catalogue of filters.

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use bytefreezer_query::{Access, Caller, TokenGrant, router};
use serde_json::{Value, json};

use crate::common::{TestLake, ints, strings};
use crate::http::send;

const TEST: &str = "/api/v1/transformations/test";
const VALIDATE: &str = "/api/v1/transformations/validate";

fn lake() -> TestLake {
    let lake = TestLake::new();
    let columns =
        |numbers: Vec<i64>, hosts: Vec<&str>| vec![("n", ints(numbers)), ("hostname", strings(hosts))];
    let files = [
        lake.write_hour("acme/web", 1, "b", columns(vec![3, 4, 5], vec!["c", "d", "e"])),
        lake.write_hour("acme/web", 0, "a", columns(vec![1, 2], vec!["a", "b"])),
    ];
    lake.write_partitions("acme/web", &files);
    lake
}

fn open(lake: &TestLake) -> Router {
    router(lake.engine(), Access::Open(Caller::everything()), lake.resources())
}

async fn post(app: &Router, path: &str, body: &Value) -> (StatusCode, Value) {
    let request = Request::post(path).body(Body::from(body.to_string())).unwrap();
    let (status, content_type, answer) = send(app, request).await;
    let expected = if status.is_success() { "application/json" } else { "application/problem+json" };
    assert_eq!(content_type, expected);
    (status, answer)
}

fn drop_debug() -> Value {
    json!([{"type": "drop", "config": {"condition": "level == 'debug'"}}])
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_and_lines_are_answered_with_what_became_of_them() {
    let lake = lake();
    let app = open(&lake);
    let rows = json!([{"level": "debug"}, {"level": "info", "bytes": 7}]);
    let (status, report) =
        post(&app, TEST, &json!({"filters": {"filters": drop_debug()}, "rows": rows})).await;
    assert_eq!(status, StatusCode::OK, "{report}");
    assert_eq!(
        (&report["valid"], &report["rows_in"], &report["rows_out"]),
        (&json!(true), &json!(2), &json!(1))
    );
    assert_eq!(report["results"][0]["applied"][0]["outcome"], "dropped");
    assert_eq!(report["results"][1]["output"][0]["bytes"], 7);
    assert!(report["results"][1]["duration_us"].is_number());

    let body = json!({
        "filters": [{"type": "add_field", "config": {"field": "of", "value": "${tenant_id}"}}],
        "lines": ["<34>1 2026-01-01T00:00:00Z h1 a - - - one"],
        "format": "syslog",
        "tenant": "acme",
        "dataset": "new",
    });
    let (_, report) = post(&app, TEST, &body).await;
    assert_eq!(report["results"][0]["output"][0]["of"], "acme", "{report}");
    assert_eq!(report["results"][0]["output"][0]["message"], "one");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn filters_that_do_not_compile_are_an_answer_with_their_places() {
    let lake = lake();
    let app = open(&lake);
    let wrong = json!([{"type": "drop", "config": {"condition": "a = 1"}}]);
    for (path, body) in [
        (TEST, json!({"filters": wrong, "rows": []})),
        (VALIDATE, json!({"filters": wrong, "tenant": "acme", "dataset": "web"})),
        (VALIDATE, json!({"filters": wrong, "tenant": "acme", "dataset": "new"})),
    ] {
        let (status, report) = post(&app, path, &body).await;
        assert_eq!((status, &report["valid"]), (StatusCode::OK, &json!(false)), "{report}");
        let error = &report["errors"][0];
        assert_eq!(
            (&error["index"], &error["key"], &error["column"]),
            (&json!(1), &json!("condition"), &json!(3))
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_validation_takes_the_newest_stored_rows() {
    let lake = lake();
    let app = open(&lake);
    let filters = json!([{"type": "drop", "config": {"condition": "n > 4"}}]);
    let validate = |dataset: &str, count: Option<usize>| json!({"filters": filters, "tenant": "acme", "dataset": dataset, "count": count});
    let (status, report) = post(&app, VALIDATE, &validate("web", Some(4))).await;
    assert_eq!(status, StatusCode::OK, "{report}");
    let inputs: Vec<&Value> =
        report["results"].as_array().unwrap().iter().map(|one| &one["input"]["n"]).collect();
    assert_eq!(inputs, [5, 4, 3, 2]);
    assert_eq!(report["results"][0]["applied"][0]["outcome"], "dropped");
    assert_eq!(
        report["results"][1]["output"],
        json!([{"event_time": "2026-03-01T01:00:00.001000Z", "n": 4, "hostname": "d"}])
    );
    let (_, all) = post(&app, VALIDATE, &validate("web", None)).await;
    assert_eq!(all["rows_in"], 5);
    for (dataset, count) in [("new", None), ("web", Some(0))] {
        let (status, none) = post(&app, VALIDATE, &validate(dataset, count)).await;
        assert_eq!((status, &none["valid"], &none["rows_in"]), (StatusCode::OK, &json!(true), &json!(0)));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_that_cannot_be_answered_are_problems() {
    let lake = lake();
    let app = open(&lake);
    let eleven = vec![json!({"type": "passthrough"}); 11];
    let many = vec![json!({"a": 1}); 1_001];
    let long = "x".repeat(9 << 20);
    for (path, body, status, kind) in [
        (TEST, json!({"filters": []}), 400, "bad-request"),
        (TEST, json!({"filters": [], "rows": [], "lines": [], "format": "json"}), 400, "bad-request"),
        (TEST, json!({"filters": [], "lines": []}), 400, "bad-request"),
        (TEST, json!({"filters": [], "lines": [], "format": "sislog"}), 400, "bad-request"),
        (TEST, json!({"filters": [], "lines": ["x"], "format": "netflow"}), 400, "bad-request"),
        (TEST, json!({"filters": [], "rows": [1]}), 400, "bad-request"),
        (TEST, json!({"filters": [], "rows": [], "surprise": 1}), 400, "bad-request"),
        (TEST, json!({"filters": [], "rows": [], "tenant": "acme"}), 400, "bad-request"),
        (TEST, json!({"filters": [], "rows": [], "tenant": "acme", "dataset": "../x"}), 400, "bad-request"),
        (TEST, json!({"filters": eleven, "rows": []}), 413, "too-large"),
        (TEST, json!({"filters": [], "rows": many}), 413, "too-large"),
        (TEST, json!({"filters": [], "rows": [{"a": long}]}), 413, "too-large"),
        (
            VALIDATE,
            json!({"filters": [], "tenant": "acme", "dataset": "web", "count": 1_001}),
            400,
            "bad-request",
        ),
        (VALIDATE, json!({"filters": [], "tenant": "acme"}), 400, "bad-request"),
    ] {
        let (found, problem) = post(&app, path, &body).await;
        let shown: String = body.to_string().chars().take(80).collect();
        assert_eq!(found.as_u16(), status, "{shown}: {problem}");
        assert_eq!(problem["type"], format!("urn:bytefreezer:problem:{kind}"), "{shown}");
    }
    // Longer than a statement may be, and shorter than samples may be.
    let (status, _) = post(&app, TEST, &json!({"filters": [], "rows": [{"a": "x".repeat(200 << 10)}]})).await;
    assert_eq!(status, StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_opens_the_datasets_of_its_tenants_alone() {
    let lake = lake();
    let grants =
        vec![TokenGrant { token: "secret-of-umbrella".to_owned(), caller: Caller::of_tenants(["umbrella"]) }];
    let app = router(lake.engine(), Access::Tokens(grants), lake.resources());
    let with = |request: axum::http::request::Builder, token: &str| {
        request.header("authorization", format!("Bearer {token}"))
    };
    let of_acme = json!({"filters": [], "tenant": "acme", "dataset": "web"}).to_string();
    let bare = json!({"filters": [], "rows": []}).to_string();
    for (request, body, status) in [
        (Request::post(TEST), bare.as_str(), 200),
        (Request::post(VALIDATE), of_acme.as_str(), 404),
        (Request::get("/api/v1/filters"), "", 200),
        (Request::get("/api/v1/filters/drop"), "", 200),
        (Request::get("/api/v1/filters/nope"), "", 404),
    ] {
        let known = with(request, "secret-of-umbrella").body(Body::from(body.to_owned())).unwrap();
        let unknown = with(Request::builder().method(known.method()).uri(known.uri()), "x");
        let unknown = unknown.body(Body::from(body.to_owned())).unwrap();
        let (found, _, answer) = send(&app, known).await;
        assert_eq!(found.as_u16(), status, "{answer}");
        assert_eq!(send(&app, unknown).await.0, StatusCode::UNAUTHORIZED);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_catalogue_lists_every_filter_with_its_keys() {
    let lake = lake();
    let app = open(&lake);
    let get = |path: &str| Request::get(path).body(Body::empty()).unwrap();
    let (_, _, list) = send(&app, get("/api/v1/filters")).await;
    assert_eq!(list["items"].as_array().map(Vec::len), list["total"].as_u64().map(|total| total as usize));
    let (_, _, drop) = send(&app, get("/api/v1/filters/drop")).await;
    assert_eq!(drop["name"], "drop");
    for member in ["name", "type", "default", "example", "description"] {
        assert!(drop["keys"][0][member].is_string(), "{member}");
    }
    assert!(list["items"].as_array().unwrap().contains(&drop));
}
