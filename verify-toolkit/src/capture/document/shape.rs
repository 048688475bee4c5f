//! Where the parts of a request stand in what tools write: one row for each.

use super::tree::Tree;

/// What a tool writes of a request. Paths are of fields, with dots between them; of several, the
/// first that is there counts. In names, case, `_` and `-` do not count.
pub(in crate::capture) struct Shape {
    /// What people call it.
    pub(in crate::capture) name: &'static str,
    /// Fields that all have to be there.
    marks: &'static [&'static str],
    /// The whole request as HTTP, in base64.
    pub(super) whole: &'static str,
    pub(super) method: &'static [&'static str],
    pub(super) url: &'static [&'static str],
    pub(super) headers: &'static [&'static str],
    pub(super) body: &'static [&'static str],
    /// When it was received.
    pub(super) time: &'static [&'static str],
    /// How to record the raw body, where the tool keeps what it parsed.
    pub(in crate::capture) remedy: &'static str,
}

const NOWHERE: &[&str] = &[];

/// What most have in common.
const PLAIN: Shape = Shape {
    name: "",
    marks: NOWHERE,
    whole: "",
    method: &["method", "httpMethod", "request_method"],
    url: &["url", "originalUrl", "uri", "path", "path_info", "request_uri"],
    headers: &["headers"],
    body: &BODIES,
    time: NOWHERE,
    remedy: "record the raw body before anything parses it: `express.raw({type: '*/*'})` in Express, \
             `request.get_data()` in Flask, `await request.body()` in FastAPI, `request.body` in Django, \
             `file_get_contents('php://input')` in PHP",
};

/// What a body is called, the raw one first.
pub(super) const BODIES: [&str; 26] = [
    "rawBody",
    "bodyRaw",
    "bodyString",
    "bodyBase64",
    "rawBodyBase64",
    "bodyAsBase64",
    "rawBytes",
    "bodyBytes",
    "raw",
    "rawModeData",
    "bodyText",
    "textPayload",
    "body",
    "content",
    "data",
    "text",
    "payload",
    "rack.input",
    "wsgi.input",
    "requestBody",
    "postData",
    "requestPayload",
    "http.file_data",
    "http_http_file_data",
    "http_request_body",
    "http_request_body_printable",
];

/// Any object that has a sender's signature header, or headers and a body.
pub(super) const ANY: Shape = Shape { name: "logged request", ..PLAIN };

/// A tool is found by the first row whose marks are all there.
const SHAPES: [Shape; 30] = [
    Shape {
        marks: &["request.method", "request.url", "request.headers", "request.httpVersion"],
        ..HAR
    },
    Shape {
        name: "ngrok's API",
        marks: &["request.raw", "request.uri"],
        whole: "request.raw",
        time: &["start"],
        remedy: "take it from ngrok's API, `/api/requests/http`, where `request.raw` is the whole request",
        ..REQUEST
    },
    Shape {
        name: "Postman collection",
        marks: &["request.header", "request.url"],
        url: &["request.url.raw", "request.url"],
        headers: &["request.header"],
        body: &["request.body.raw", "request.body"],
        remedy: "choose `raw` for the body in Postman, and paste the bytes that were signed",
        ..REQUEST
    },
    Shape {
        name: "Charles session",
        marks: &["method", "path", "request.header.headers"],
        headers: &["request.header.headers"],
        body: &["request.body.encoded", "request.body.text", "request.body"],
        time: &["times.start"],
        ..PLAIN
    },
    Shape {
        name: "MockServer log",
        marks: &["httpRequest.headers"],
        method: &["httpRequest.method"],
        url: &["httpRequest.path"],
        headers: &["httpRequest.headers"],
        body: &["httpRequest.body.rawBytes", "httpRequest.body.string", "httpRequest.body"],
        ..PLAIN
    },
    Shape {
        name: "Chrome's DevTools protocol",
        marks: &["request.headers", "request.postData", "request.hasPostData"],
        body: &["request.postData"],
        remedy: "ask for the body with `Network.getRequestPostData`, or take `copy as cURL (bash)`",
        ..REQUEST
    },
    Shape {
        marks: &["request.method", "request.url", "request.headers", "request.postData"],
        ..HAR
    },
    Shape {
        marks: &["request.method", "request.url", "request.headers", "request.bodySize"],
        ..HAR
    },
    Shape { marks: &["startedDateTime", "request.url", "request.headers"], ..HAR },
    Shape {
        name: "HAR entry",
        marks: &["method", "url", "headers", "bodySize"],
        body: &["postData.text"],
        remedy: HAR.remedy,
        ..PLAIN
    },
    Shape {
        name: "HAR entry",
        marks: &["method", "url", "headers", "postData"],
        body: &["postData.text"],
        remedy: HAR.remedy,
        ..PLAIN
    },
    Shape {
        name: "webhook.site's API",
        marks: &["token_id", "headers", "method"],
        body: &["content"],
        time: &["sorting"],
        ..PLAIN
    },
    Shape {
        name: "AWS event",
        marks: &["requestContext", "rawPath", "headers"],
        method: &["requestContext.http.method"],
        url: &["rawPath"],
        time: &["requestContext.timeEpoch"],
        ..AWS
    },
    Shape { name: "AWS event", marks: &["httpMethod", "multiValueHeaders"], ..AWS },
    Shape { name: "AWS event", marks: &["httpMethod", "headers"], ..AWS },
    Shape {
        name: "CloudFront event",
        marks: &["cf.request.headers"],
        method: &["cf.request.method"],
        url: &["cf.request.uri"],
        headers: &["cf.request.headers"],
        body: &["cf.request.body.data"],
        remedy: "let CloudFront include the body: `Include body` of the trigger",
        ..PLAIN
    },
    Shape {
        name: "OpenWhisk's web action",
        marks: &["__ow_headers"],
        method: &["__ow_method"],
        url: &["__ow_path"],
        headers: &["__ow_headers"],
        body: &["__ow_body"],
        remedy: "set `raw-http` for the action: without it the body is parsed",
        ..PLAIN
    },
    Shape {
        name: "SNS message",
        marks: &["Message", "MessageAttributes"],
        headers: &["MessageAttributes"],
        body: &["Message"],
        ..PLAIN
    },
    Shape {
        name: "Make's webhook",
        marks: &["__IMTHEADERS__"],
        method: &["__IMTMETHOD__"],
        headers: &["__IMTHEADERS__"],
        body: &["value"],
        remedy: "switch on `JSON pass-through` of the webhook in Make, and take `value`",
        ..PLAIN
    },
    Shape {
        name: "Yaak export",
        marks: &["url", "headers", "bodyType"],
        body: &["body.text"],
        ..PLAIN
    },
    Shape {
        name: "Logic Apps trigger",
        marks: &["headers", "body.$content"],
        body: &["body"],
        ..PLAIN
    },
    Shape {
        name: "httpbin's answer",
        marks: &["headers", "args", "url", "data"],
        body: &["data"],
        remedy: "take `data` of httpbin's `/anything`, which is the raw body as text; Postman's echo has none",
        ..PLAIN
    },
    Shape {
        name: "n8n webhook",
        marks: &["headers", "webhookUrl"],
        url: &["webhookUrl"],
        body: &["binary.data.data", "body"],
        remedy: "switch on the option `Raw Body` of the webhook node, and take `binary.data.data`",
        ..PLAIN
    },
    Shape {
        name: "Pipedream event",
        marks: &["headers", "client_ip"],
        body: &["bodyRaw", "raw_body", "body"],
        remedy: "take `steps.trigger.event.bodyRaw`",
        ..PLAIN
    },
    Shape {
        name: "Insomnia export",
        marks: &["_type", "headers", "method", "body"],
        body: &["body.text", "body"],
        ..PLAIN
    },
    Shape {
        name: "Hoppscotch collection",
        marks: &["endpoint", "headers", "body"],
        url: &["endpoint"],
        body: &["body.body", "body"],
        ..PLAIN
    },
    Shape {
        name: "Thunder Client collection",
        marks: &["url", "headers", "body.raw"],
        body: &["body.raw"],
        ..PLAIN
    },
    Shape {
        name: "Hookdeck event",
        marks: &["data.headers", "data.body", "source_id"],
        method: &["data.method"],
        url: &["data.path"],
        headers: &["data.headers"],
        body: &["data.body"],
        time: &["ingested_at", "created_at"],
        remedy: "Hookdeck keeps what it parsed: let `hookdeck listen` forward the delivery to `verify listen`, \
                 which keeps every byte that it is given",
        ..PLAIN
    },
    Shape {
        name: "Svix Play",
        marks: &["createdAt", "headers", "body", "url", "response.statusCode"],
        body: &["body"],
        time: &["createdAt"],
        ..PLAIN
    },
    Shape {
        name: "mitmproxy's API",
        marks: &["request.headers", "request.contentLength", "request.path"],
        url: &["request.path"],
        body: &["request.content", "request.text"],
        time: &["request.timestamp_start"],
        remedy: "export the flow: `export.file raw_request @focus delivery.txt` in mitmproxy",
        ..REQUEST
    },
];

/// With everything under `request`.
const REQUEST: Shape = Shape {
    method: &["request.method"],
    url: &["request.absoluteUrl", "request.url", "request.uri", "request.path"],
    headers: &["request.headers"],
    ..PLAIN
};

const HAR: Shape = Shape {
    name: "HAR entry",
    body: &["request.postData.text"],
    time: &["startedDateTime"],
    remedy: "record it again with `postData.text`, or take `copy as cURL (bash)`",
    ..REQUEST
};

const AWS: Shape = Shape {
    url: &["path"],
    headers: &["multiValueHeaders", "headers"],
    body: &["body"],
    time: &["requestContext.requestTimeEpoch"],
    ..PLAIN
};

/// smee's event, whose headers stand beside the body.
pub(super) const FLAT: Shape = Shape {
    name: "headers beside a body",
    remedy: "smee and the like parse it: let `verify listen`, which keeps every byte, receive the delivery \
             instead, or a tunnel such as ngrok",
    ..PLAIN
};

/// Headers and a body that were printed one behind the other.
pub(super) const DUMP: Shape = Shape { name: "printed headers and body", ..PLAIN };

/// A program that makes a request.
pub(super) const CODE: Shape = Shape {
    name: "program code",
    remedy: "the program makes the body when it runs: print the bytes that it sends, or give the text of the \
             request as the receiver logged it",
    ..PLAIN
};

impl Shape {
    /// Whether it is not that of one tool.
    pub(super) fn is_loose(&self) -> bool {
        self.marks.is_empty()
    }

    /// The shape that an object has.
    pub(super) fn of(tree: &Tree<'_>) -> Option<&'static Self> {
        if tree.fields().len() < 2
            && tree.at("cf").is_none()
            && tree.at("request").is_none()
            && tree.at("httpRequest").is_none()
        {
            return None;
        }
        SHAPES.iter().find(|shape| shape.marks.iter().all(|mark| tree.at(mark).is_some()))
    }
}

/// The first of these paths that is there.
pub(super) fn first<'r, 't>(tree: &'r Tree<'t>, paths: &[&'static str]) -> Option<&'r Tree<'t>> {
    paths.iter().find_map(|path| tree.at(path))
}
