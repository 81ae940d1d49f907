//! The query role's HTTP interface: answers, problems, access.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode};
use bytefreezer_query::{Access, Caller, QueryLimits, TokenGrant, router};
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::common::{TestLake, ints, strings};

fn lake() -> TestLake {
    let lake = TestLake::new();
    let file = lake.write_hour(
        "acme/web",
        0,
        "a",
        vec![("n", ints(vec![1, 2])), ("hostname", strings(vec!["a", "b"]))],
    );
    lake.write_partitions("acme/web", &[file]);
    lake.write_hour("umbrella/web", 0, "a", vec![("n", ints(vec![9]))]);
    lake
}

fn open(lake: &TestLake) -> Router {
    router(lake.engine(), Access::Open(Caller::everything()), lake.resources())
}

pub async fn send(app: &Router, request: Request<Body>) -> (StatusCode, String, Value) {
    let response = app.clone().oneshot(request).await.unwrap();
    let status = response.status();
    let content_type = response.headers()["content-type"].to_str().unwrap().to_owned();
    let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    (status, content_type, serde_json::from_slice(&body).unwrap_or(Value::Null))
}

fn post(body: impl Into<Body>) -> Request<Body> {
    Request::post("/api/v1/query/sql").body(body.into()).unwrap()
}

async fn ask(app: &Router, request: Value) -> (StatusCode, Value) {
    let (status, content_type, body) = send(app, post(request.to_string())).await;
    let expected = if status.is_success() { "application/json" } else { "application/problem+json" };
    assert_eq!(content_type, expected);
    (status, body)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_statement_is_answered_with_columns_and_rows() {
    let lake = lake();
    let app = open(&lake);
    let sql = "SELECT event_time, n, hostname FROM acme.web ORDER BY n";
    let (status, mut body) = ask(&app, json!({"sql": sql})).await;
    assert_eq!(status, StatusCode::OK);
    assert!(body["execution_time_ms"].take().is_u64());
    assert_eq!(
        body,
        json!({
            "sql": sql,
            "columns": [{"name": "event_time", "type": "timestamp"}, {"name": "n", "type": "int64"},
                        {"name": "hostname", "type": "string"}],
            "rows": [["2026-03-01T00:00:00Z", 1, "a"], ["2026-03-01T00:00:00.001Z", 2, "b"]],
            "row_count": 2,
            "truncated": false,
            "execution_time_ms": null,
        })
    );
    let (_, limited) = ask(&app, json!({"sql": sql, "limit": 1})).await;
    assert_eq!((&limited["row_count"], &limited["truncated"]), (&json!(1), &json!(true)));
    let (_, of_umbrella) =
        ask(&app, json!({"sql": "SELECT n FROM web", "tenant_id": "umbrella", "dataset_id": "web"})).await;
    assert_eq!(of_umbrella["rows"], json!([[9]]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn errors_are_problem_documents_with_the_right_status() {
    let lake = lake();
    let app = open(&lake);
    for (request, status, kind) in [
        (json!({"sql": "SELEC 1"}), 400, "syntax"),
        (json!({"sql": "SELECT 1", "surprise": 1}), 400, "bad-request"),
        (json!({"limit": 1}), 400, "bad-request"),
        (json!({"sql": "SELECT 1", "limit": -1}), 400, "bad-request"),
        (json!({"sql": "DROP TABLE web"}), 422, "forbidden-statement"),
        (json!({"sql": "SELECT x FROM acme.web"}), 422, "unknown-name"),
        (json!({"sql": "SELECT n FROM web"}), 422, "unknown-name"),
        (json!({"sql": "SELECT n FROM acme.web", "tenant_id": "umbrella"}), 422, "unknown-name"),
        (json!({"sql": "SELECT n / 0 FROM acme.web"}), 422, "invalid-statement"),
        (json!({"sql": format!("SELECT '{}'", "x".repeat(70_000))}), 413, "too-large"),
        (json!({"sql": format!("SELECT '{}'", "x".repeat(300_000))}), 413, "too-large"),
    ] {
        let (found, body) = ask(&app, request.clone()).await;
        let sql = request.to_string().chars().take(60).collect::<String>();
        assert_eq!(found.as_u16(), status, "{sql}: {body}");
        assert_eq!(body["status"], status);
        assert_eq!(body["type"], format!("urn:bytefreezer:problem:{kind}"), "{sql}");
        assert!(body["detail"].as_str().is_some_and(|detail| !detail.is_empty()));
    }
    let (_, body) = ask(&app, json!({"sql": "SELECT hostnam FROM acme.web"})).await;
    assert_eq!(body["position"], json!({"line": 1, "column": 8}));
    assert_eq!(body["suggestion"], "did you mean 'hostname'?");
    let (status, _, _) = send(&app, post("{\"sql\": ")).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    let (status, content_type, _) =
        send(&app, Request::get("/api/v1/query/sql").body(Body::empty()).unwrap()).await;
    assert_eq!((status, content_type.as_str()), (StatusCode::METHOD_NOT_ALLOWED, "application/problem+json"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn limits_have_their_status() {
    let lake = lake();
    let time = std::time::Duration::from_millis(200);
    let limits = QueryLimits { time, concurrent_queries: 0, ..QueryLimits::default() };
    let full = router(lake.engine_with(limits.clone()), Access::Open(Caller::everything()), lake.resources());
    let response = full.oneshot(post(r#"{"sql":"SELECT 1"}"#)).await.unwrap();
    assert_eq!(response.status(), StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(response.headers()["retry-after"], "1");

    let slow = lake.engine_with(QueryLimits { concurrent_queries: 1, ..limits });
    let slow = router(slow, Access::Open(Caller::everything()), lake.resources());
    let endless = "SELECT sum(value) FROM generate_series(1, 9000000000000)";
    assert_eq!(ask(&slow, json!({"sql": endless})).await.0, StatusCode::REQUEST_TIMEOUT);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_opens_its_tenants_and_nothing_opens_without_one() {
    let lake = lake();
    let grants = vec![
        TokenGrant { token: "secret-of-acme".to_owned(), caller: Caller::of_tenants(["acme"]) },
        TokenGrant { token: "secret-of-all".to_owned(), caller: Caller::everything() },
        TokenGrant { token: String::new(), caller: Caller::everything() },
    ];
    assert!(!format!("{grants:?}").contains("secret-of"));
    let app = router(lake.engine(), Access::Tokens(grants), lake.resources());
    let get = |path: &str, authorization: Option<&str>| {
        let mut request = Request::get(path);
        if let Some(value) = authorization {
            request = request.header("authorization", value);
        }
        request.body(Body::empty()).unwrap()
    };
    for authorization in [
        None,
        Some("Bearer wrong"),
        Some("Bearer "),
        Some("Basic secret-of-all"),
        Some("secret-of-all"),
        Some("Bearer secret-of-al"),
    ] {
        for path in ["/api/v1/datasets", "/api/v1/schema?tenant_id=acme&dataset_id=web"] {
            let (status, _, _) = send(&app, get(path, authorization)).await;
            assert_eq!(status, StatusCode::UNAUTHORIZED, "{authorization:?}");
        }
        let (status, _, _) = send(&app, post(r#"{"sql":"SELECT 1"}"#)).await;
        assert_eq!(status, StatusCode::UNAUTHORIZED);
    }
    let (_, _, of_acme) = send(&app, get("/api/v1/datasets", Some("Bearer secret-of-acme"))).await;
    assert_eq!(of_acme["total"], 1);
    let (_, _, of_all) = send(&app, get("/api/v1/datasets", Some("bearer secret-of-all"))).await;
    assert_eq!(of_all["total"], 2);
    for (path, status) in [
        ("/api/v1/schema?tenant_id=acme&dataset_id=web", 200),
        ("/api/v1/schema?tenant_id=umbrella&dataset_id=web", 404),
        ("/api/v1/schema?tenant_id=acme&dataset_id=none", 404),
        ("/api/v1/schema?tenant_id=acme&dataset_id=..%2F..%2Fumbrella", 404),
        ("/api/v1/schema?tenant_id=acme", 400),
    ] {
        let (found, _, _) = send(&app, get(path, Some("Bearer secret-of-acme"))).await;
        assert_eq!(found.as_u16(), status, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn datasets_and_their_columns_can_be_listed() {
    let lake = lake();
    let app = open(&lake);
    let (_, _, list) = send(&app, Request::get("/api/v1/datasets").body(Body::empty()).unwrap()).await;
    assert_eq!(list["total"], 2);
    assert_eq!(list["items"][0]["dataset_id"], "web");
    assert_eq!(list["items"][0]["rows"], 2);
    assert_eq!(list["items"][0]["max_event_time"], "2026-03-01T00:00:00.001Z");
    assert_eq!(list["items"][1]["rows"], Value::Null);
    let path = "/api/v1/schema?tenant_id=acme&dataset_id=web";
    let (_, _, schema) = send(&app, Request::get(path).body(Body::empty()).unwrap()).await;
    assert_eq!(schema["columns"][0], json!({"name": "event_time", "type": "timestamp"}));
    assert_eq!(schema["columns"].as_array().map(Vec::len), Some(7));
}
