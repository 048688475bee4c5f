// .route("/webhooks", actix_web::web::post().to(record)), in place of the handler. Needs verify-toolkit.
async fn record(request: actix_web::HttpRequest, body: actix_web::web::Bytes) -> actix_web::HttpResponse {
    let headers = request.headers().iter().map(|(name, value)| (name.to_string(), value.as_bytes().to_vec())).collect();
    let (method, path) = (request.method().to_string(), request.uri().to_string());
    let taken = verify_toolkit::WireRequest { method, path, headers, body: body.to_vec() };
    let mut taken = verify_toolkit::Capture::new("", None, taken);
    taken.origin = "actix-web".to_owned();
    let _ = std::fs::write("delivery.json", taken.to_json());
    actix_web::HttpResponse::NoContent().finish()
}
