//! The limits of actix's extractors are lifted behind the middleware, and whatever else a user
//! configured for them stays.

use core::future::ready;
use std::{rc::Rc, sync::Arc};

use actix_web::{
    App, HttpResponse,
    dev::{Extensions, Service, ServiceRequest},
    error::InternalError,
    http::StatusCode,
    test::{call_service, init_service, read_body},
    web::{self, Bytes, Data, FormConfig, JsonConfig, PayloadConfig},
};
use adapters::{SECRET, clock, verifier};
use verify_actix::{ResolveError, Secret, Sender, Verifier, Verify};

use crate::support::delivery;

const LARGE: usize = 2_400_253;

fn guard() -> Verify {
    Verify::new(verifier(Sender::MLFLOW)).with_clock(clock())
}

/// Low limits, a content type of its own, and a status that shows whose error handler ran.
fn own_json(status: StatusCode) -> JsonConfig {
    JsonConfig::default().limit(10).content_type(|mime| mime == "text/x-own").error_handler(
        move |error, _| InternalError::from_response(error, HttpResponse::new(status)).into(),
    )
}

async fn json(text: web::Json<String>) -> String {
    text.len().to_string()
}

async fn bytes(body: Bytes) -> String {
    body.len().to_string()
}

async fn form(form: web::Form<Vec<(String, String)>>) -> String {
    form[0].1.len().to_string()
}

/// Posts, and returns the status and the body.
macro_rules! post {
    ($app:expr, $path:expr, $content_type:expr, $body:expr) => {{
        let app = init_service($app).await;
        let request = delivery(Sender::MLFLOW, $body)
            .uri($path)
            .append_header(("content-type", $content_type))
            .to_request();
        let response = call_service(&app, request).await;
        let status = response.status().as_u16();
        (status, String::from_utf8(read_body(response).await.to_vec()).unwrap())
    }};
}

fn large_json() -> Vec<u8> {
    serde_json::to_vec(&"x".repeat(LARGE)).unwrap()
}

#[tokio::test]
async fn what_is_set_outside_keeps_all_but_its_limit() {
    let own = || own_json(StatusCode::IM_A_TEAPOT);
    let hook = || web::resource("/").route(web::post().to(json));
    let apps = || {
        [
            App::new().app_data(own()).service(hook().wrap(guard())),
            App::new().app_data(Data::new(own())).service(hook().wrap(guard())),
            App::new().service(web::scope("").app_data(own()).wrap(guard()).service(hook())),
            App::new().service(hook().app_data(own()).wrap(guard())),
            App::new()
                .app_data(JsonConfig::default())
                .service(hook().app_data(own()).wrap(guard())),
        ]
    };
    for app in apps() {
        assert_eq!(post!(app, "/", "text/x-own", large_json()), (200, LARGE.to_string()));
    }
    // Its content type, and its error handler.
    for app in apps() {
        assert_eq!(post!(app, "/", "text/plain", "\"x\"").0, 418);
    }
}

#[tokio::test]
async fn what_unpacks_to_more_than_the_verifiers_limit_is_read() {
    let small = Verifier::builder(Sender::MLFLOW).secret(Secret::new(SECRET).unwrap());
    let small = Verify::new(small.body_limit(1000).build().unwrap()).with_clock(clock());
    let unpacked = serde_json::to_vec(&"x".repeat(1_500_000)).unwrap();
    // In place of a middleware that decompresses.
    let hook = web::resource("/").route(web::post().to(json)).wrap_fn(move |mut request, inner| {
        request.set_payload(unpacked.clone().into());
        inner.call(request)
    });
    let app = App::new().service(hook.wrap(small));
    let (status, read) = post!(app, "/", "application/json", "packed");
    assert_eq!((status, &*read), (200, "1500000"));
}

#[tokio::test]
async fn bytes_and_forms_keep_theirs_too() {
    let app = || {
        App::new()
            .app_data(PayloadConfig::new(10).mimetype("text/x-own".parse().unwrap()))
            .app_data(FormConfig::default().limit(10).error_handler(|error, _| {
                InternalError::from_response(error, HttpResponse::ImATeapot().finish()).into()
            }))
            .wrap(guard())
            .service(web::resource("/bytes").route(web::post().to(bytes)))
            .service(web::resource("/form").route(web::post().to(form)))
    };
    let body = vec![b'x'; LARGE];
    assert_eq!(post!(app(), "/bytes", "text/x-own", body.clone()), (200, LARGE.to_string()));
    assert_eq!(post!(app(), "/bytes", "text/plain", body.clone()).0, 400);
    let urlencoded = "application/x-www-form-urlencoded";
    let fields = [b"a=", &body[..]].concat();
    assert_eq!(post!(app(), "/form", urlencoded, fields), (200, LARGE.to_string()));
    assert_eq!(post!(app(), "/form", "text/plain", body).0, 418);
}

#[tokio::test]
async fn what_is_set_behind_counts_as_it_stands() {
    let limited = || JsonConfig::default().limit(10);
    for data in [false, true] {
        let hook = web::resource("/hook").route(web::post().to(json));
        let hook =
            if data { hook.app_data(Data::new(limited())) } else { hook.app_data(limited()) };
        let app = App::new().service(web::scope("").wrap(guard()).service(hook));
        assert_eq!(post!(app, "/hook", "application/json", large_json()).0, 413, "{data}");
    }
}

#[tokio::test]
async fn each_verifier_lifts_them_to_its_own_limit() {
    let verifiers = [("/small", 2_200_000), ("/large", 2_400_000)].map(|(path, limit)| {
        let secret = Secret::new(SECRET).unwrap();
        let verifier = Verifier::builder(Sender::MLFLOW).secret(secret).body_limit(limit);
        (path, Arc::new(verifier.build().unwrap()))
    });
    let guard = Verify::with_resolver(move |request: &ServiceRequest| {
        let found = verifiers.iter().find(|(path, _)| *path == request.path());
        ready(found.map(|(_, verifier)| Arc::clone(verifier)).ok_or(ResolveError::Unknown))
    });
    let hook = || web::resource("/{tenant}").route(web::post().to(bytes));
    let app = init_service(App::new().service(hook().wrap(guard.with_clock(clock())))).await;
    for (path, len) in [("/small", 2_200_000), ("/large", 2_400_000), ("/small", 2_200_000)] {
        let request = delivery(Sender::MLFLOW, vec![b'x'; len]).uri(path).to_request();
        assert_eq!(call_service(&app, request).await.status(), 200, "{path}");
    }
}

#[tokio::test]
async fn what_a_middleware_sets_for_one_request_counts_for_that_one() {
    let hook = web::resource("/").route(web::post().to(json)).wrap(guard());
    let app = App::new().service(hook).wrap_fn(|mut request, inner| {
        if request.headers().contains_key("x-own") {
            let mut own = Extensions::new();
            own.insert(Data::new(own_json(StatusCode::IM_A_TEAPOT)));
            request.add_data_container(Rc::new(own));
        }
        inner.call(request)
    });
    let app = init_service(app).await;
    for (name, status) in [("x-usual", 400), ("x-own", 418), ("x-usual", 400)] {
        let request = delivery(Sender::MLFLOW, "\"x\"")
            .append_header(("content-type", "text/plain"))
            .append_header((name, "1"));
        assert_eq!(call_service(&app, request.to_request()).await.status(), status, "{name}");
    }
}

#[tokio::test]
async fn nothing_of_it_stays_for_the_next_request() {
    // actix uses the memory of a request again.
    let hook = web::resource("/hook").wrap(guard()).route(web::post().to(bytes));
    let open = web::resource("/open").route(web::post().to(bytes));
    let app = init_service(App::new().service(hook).service(open)).await;
    for (path, status) in [("/hook", 200), ("/open", 413), ("/hook", 200), ("/open", 413)] {
        let request = delivery(Sender::MLFLOW, vec![b'x'; 300_000]).uri(path).to_request();
        assert_eq!(call_service(&app, request).await.status(), status, "{path}");
    }
}
