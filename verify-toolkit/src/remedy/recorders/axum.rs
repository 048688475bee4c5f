// .layer(axum::middleware::from_fn(record)) as the last line of the router. Needs verify-toolkit.
async fn record(request: axum::extract::Request, next: axum::middleware::Next) -> axum::response::Response {
    let (head, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 8 << 20).await.unwrap_or_default();
    let headers = head.headers.iter().map(|(name, value)| (name.to_string(), value.as_bytes().to_vec())).collect();
    let (method, path) = (head.method.to_string(), head.uri.to_string());
    let taken = verify_toolkit::WireRequest { method, path, headers, body: body.to_vec() };
    let mut taken = verify_toolkit::Capture::new("", None, taken);
    taken.origin = "axum".to_owned();
    let _ = std::fs::write("delivery.json", taken.to_json());
    next.run(axum::extract::Request::from_parts(head, body.into())).await
}
