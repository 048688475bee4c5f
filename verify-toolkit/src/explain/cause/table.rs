use super::Family;

causes! {
    Secret {
        SecretBase64 "secret-base64"
            "The secret that you have is the base64 of the one that signs, as in the `data` of a Kubernetes Secret: decode it \
             once before you use it."
        SecretBearerToken "secret-bearer-token"
            "The delivery is signed with the bearer token, not with the secret: at the sender, the two were mixed up or the \
             same value was entered twice; set the secret there."
        SecretByteOrderMark "secret-byte-order-mark"
            "The secret begins with a byte order mark, which an editor put into the file: save it as UTF-8 without one."
        SecretCase "secret-case"
            "The sender signs with the secret in another case, upper or lower: copy it again as it is there."
        SecretCharset "secret-charset"
            "The secret has letters beyond ASCII and was saved in another charset than UTF-8: save it as UTF-8."
        SecretCutShort "secret-cut-short"
            "The sender signs with the beginning of the secret only: there it was cut at a `#`, a space, a line end or a NUL; \
             enter it there again, in quotes where it goes through a shell or a `.env` file."
        SecretDecodedBase64 "secret-decoded-base64"
            "You decoded the secret from base64, and the sender signs with the text as it is: do not decode it."
        SecretDecodedHex "secret-decoded-hex"
            "You decoded the secret from hex, and the sender signs with the digits as text: do not decode it."
        SecretDecodedWhsec "secret-decoded-whsec"
            "You stripped `whsec_` and decoded the rest, as Standard Webhooks do; this sender signs with the whole text: use \
             it as it is."
        SecretDoubled "secret-doubled"
            "The secret was pasted twice, one copy behind the other: keep one."
        SecretEchoOption "secret-echo-option"
            "The secret begins with `-n `, which a shell's `echo` printed instead of taking it for an option: write it with \
             `printf %s`."
        SecretEmpty "secret-empty"
            "The delivery is signed with an empty secret, so anybody can sign one: set the secret at the sender."
        SecretEndMark "secret-end-mark"
            "Behind the secret stands a mark that is not part of it, such as the `%` that zsh prints where a line does not end, \
             or the `;` or `,` of the line that it was copied from: leave it out."
        SecretEscaped "secret-escaped"
            "The secret holds escapes such as `\\n` or `\\\"` that were meant for a shell or a `.env` file: replace each by \
             what it stands for."
        SecretHashed "secret-hashed"
            "The sender signs with the SHA-256 digest of the secret: give the digest as the secret."
        SecretHex "secret-hex"
            "The secret that you have is the hex of the one that signs: decode it once before you use it."
        SecretInAssignment "secret-in-assignment"
            "The secret holds a whole line `NAME=value` of a `.env` file: keep what is behind the `=`."
        SecretInJson "secret-in-json"
            "The secret holds a JSON document, as AWS Secrets Manager gives it: take the one field out of it."
        SecretInWhsec "secret-in-whsec"
            "The sender signs with what is behind `whsec_`: leave that prefix out of the secret."
        SecretInvisible "secret-invisible"
            "The secret holds characters that nobody sees, such as a no-break or zero-width space, copied from a page: type \
             it, or copy it from elsewhere."
        SecretList "secret-list"
            "The secret holds several secrets in one: give each of them as a secret of its own."
        SecretNewlineLost "secret-newline-lost"
            "The sender signs with a newline behind the secret, because one was pasted there: enter it there again without \
             one."
        SecretPercentEncoded "secret-percent-encoded"
            "The secret is percent-encoded, as in a URL: decode it before you use it."
        SecretPlaceholder "secret-placeholder"
            "The secret looks like a placeholder, such as `${NAME}` or a row of asterisks: put the real one in its place."
        SecretPrefixed "secret-prefixed"
            "Before the secret stands a word that is not part of it, such as `v1,`, which belongs to signatures: leave it \
             out."
        SecretPrevious "secret-previous"
            "The delivery is signed with the previous secret: keep both for as long as the sender uses it."
        SecretQuoted "secret-quoted"
            "The secret has quotes around it that do not belong to it: docker's `--env-file` and systemd keep them; leave \
             them out."
        SecretShellExpanded "secret-shell-expanded"
            "The sender signs with the secret as a shell left it, without what follows a `$`: set it there again, in single \
             quotes."
        SecretSpaceInside "secret-space-inside"
            "Spaces or tabs stand inside the secret, and the sender signs without them: it was copied from a table or from \
             several lines; copy it in one piece."
        SecretSpaceLost "secret-space-lost"
            "The sender signs with a space before or behind the secret, because one was pasted there, and yours has none: \
             enter it at the sender again without one."
        SecretSpaced "secret-spaced"
            "The secret has spaces or tabs around it: remove them."
        SecretStandardWebhooks "secret-standard-webhooks"
            "The sender signs with the decoded bytes behind `whsec_`, as Standard Webhooks do: decode that base64 and use the \
             bytes."
        SecretTrailingCrLf "secret-trailing-crlf"
            "The secret ends in a Windows line end: save the file without one."
        SecretTrailingNewline "secret-trailing-newline"
            "The secret ends in a newline: write the file with `printf %s`, not with `echo`, or use `Secret::from_file`, \
             which drops one."
        SecretUtf16 "secret-utf-16"
            "The secret was saved as UTF-16, as PowerShell's `>` does: save it as UTF-8."
        SecretWhsecLost "secret-whsec-lost"
            "The sender signs with `whsec_` in front of the secret: keep that prefix."
        SecretWrapLost "secret-wrap-lost"
            "The sender signs with line ends inside the secret, because a wrapped one was entered there, as `base64` and \
             `openssl` print it: enter it there again on one line, as from `base64 -w0`."
        SecretWrapped "secret-wrapped"
            "A line end stands inside the secret, and the sender signs without it: `base64` wraps at 76 columns and `openssl` \
             at 64; keep it on one line, as from `base64 -w0`."
    }
    Body {
        BodyBase64 "body-base64"
            "The body was wrapped in base64, as API gateways do (`isBase64Encoded`): decode it before you verify."
        BodyBreaksOff "body-breaks-off"
            "The body is JSON that breaks off in the middle: it was cut off before its length was counted, by a limit, a log \
             or a column of a table; get all of it."
        BodyByteOrderMark "body-byte-order-mark"
            "A byte order mark stands before the body, and was not signed"
            => "whatever saved or forwarded the body put one there; take the bytes as they came."
        BodyByteOrderMarkLost "body-byte-order-mark-lost"
            "A byte order mark was signed before the body, and did not come"
            => "read the body as bytes, not as text."
        BodyCharset "body-charset"
            "The body was signed in another charset, and came in UTF-8"
            => "read it as bytes, not as text."
        BodyChunked "body-chunked"
            "The body still has the frames of chunked transfer coding in it: let the server take them off."
        BodyCompressed "body-compressed"
            "The body is compressed, and was signed before that, so a proxy compressed it: verify what you get by \
             decompressing it."
        BodyCrLf "body-cr-lf"
            "The line ends of the body are CRLF, and LF was signed"
            => "an editor, a form or a text mode changed them; read the body as bytes."
        BodyCutOff "body-cut-off"
            "The body is shorter than `Content-Length` says: it was cut off, by a limit or a log; get all of it."
        BodyDecompressed "body-decompressed"
            "`Content-Encoding` names a compression that the body does not have: something decompressed it, so verify before \
             that."
        BodyDoubled "body-doubled"
            "The body is there twice, one copy behind the other, and one was signed"
            => "it was read twice and both were kept."
        BodyEchoOption "body-echo-option"
            "The body begins with `-n `, which a shell's `echo` printed instead of taking it for an option"
            => "send it with `printf %s`, or from a file with `curl --data-binary @file`."
        BodyEmpty "body-empty"
            "The body is empty, and no sender sends an empty one"
            => "something read it before you, such as a body parser, or a redirect dropped it; verify first, and hand the bytes \
                on."
        BodyEnvelope "body-envelope"
            "The body is an envelope, as of Pub/Sub, SNS, SQS or Event Grid, and what was signed stands in one of its fields: \
             verify what is in that field, decoded if it is base64; if the signed text was parsed on the way there, have it \
             passed on as text."
        BodyEscapesUndone "body-escapes-undone"
            "Line ends or tabs stand inside the texts of the JSON, where their escapes were signed: the `echo` of some shells \
             undoes `\\n`; send the body with `printf %s`, or from a file with `curl --data-binary @file`."
        BodyForm "body-form"
            "The JSON stands in a form field, and was signed without that: take the field's decoded value."
        BodyFormLost "body-form-lost"
            "The form around the JSON was taken off, and was signed with it: verify the whole form as it came."
        BodyGatewayEvent "body-gateway-event"
            "This is the event of an API gateway or a function, not the body: verify what is in its field `body`, decoded \
             where `isBase64Encoded` says so."
        BodyHtmlEntities "body-html-entities"
            "Quotes and angle brackets in the body were turned into HTML entities, as by a log shown on a page: take the \
             bytes from elsewhere."
        BodyInside "body-inside"
            "Something stands around the JSON, and was not signed, such as a part of a multipart form, `data:` of an event \
             stream, or the call of a function: take out what was signed before you verify."
        BodyJsonCompact "body-json-compact"
            "The body was signed without white space between its parts, and came with some"
            => "something parsed it and wrote it again; verify the bytes as they came, before any parser."
        BodyJsonEscaped "body-json-escaped"
            "Letters of the body were signed as `\\u` escapes, and came as they are"
            => "something parsed it and wrote it again; verify the bytes as they came, before any parser."
        BodyJsonEscapedOtherwise "body-json-escaped-otherwise"
            "The body has other escapes for the same letters than were signed, such as `\\u00E9` and not `\\u00e9`"
            => "something parsed it and wrote it again; verify the bytes as they came, before any parser."
        BodyJsonHtmlEscaped "body-json-html-escaped"
            "The body was signed with `<`, `>` and `&` escaped, as Go's `json.Marshal` does, and came without those escapes"
            => "something parsed it and wrote it again; verify the bytes as they came, before any parser."
        BodyJsonIndented "body-json-indented"
            "The body was signed indented, and came with other white space"
            => "something parsed it and wrote it again; verify the bytes as they came, before any parser."
        BodyJsonIntegerKeys "body-json-integer-keys"
            "Names that are whole numbers stand before the others, where JavaScript puts them whatever the order was"
            => "something parsed it with `JSON.parse` and wrote it again; verify the bytes as they came, before any parser."
        BodyJsonNullsAdded "body-json-nulls-added"
            "Fields of the body are `null` that were not there when it was signed, as a typed class writes those that it \
             knows and did not get"
            => "something parsed it and wrote it again; verify the bytes as they came, before any parser."
        BodyJsonNumbers "body-json-numbers"
            "Numbers in the body were signed in another spelling, such as `100.0` for `100` or `1e-06` for `0.000001`"
            => "something parsed it and wrote it again; verify the bytes as they came, before any parser."
        BodyJsonReordered "body-json-reordered"
            "The fields of the body came in another order than they were signed in"
            => "something parsed it and wrote it again, such as a map or a column of type `jsonb`; verify the bytes as they \
                came, before any parser."
        BodyJsonRetyped "body-json-retyped"
            "Values in the body were signed with another type, such as `\"3\"` for `3`, or an empty text for `null`"
            => "something parsed it and wrote it again, as a column of a table or PHP's `JSON_NUMERIC_CHECK` does; verify the \
                bytes as they came, before any parser."
        BodyJsonRounded "body-json-rounded"
            "The body holds an integer that was rounded, because JavaScript and other languages keep numbers as doubles"
            => "something parsed it and wrote it again; verify the bytes as they came, before any parser."
        BodyJsonSlashEscaped "body-json-slash-escaped"
            "The body was signed with `/` escaped, as PHP's `json_encode` does, and came without those escapes"
            => "something parsed it and wrote it again; verify the bytes as they came, before any parser."
        BodyJsonSlashUnescaped "body-json-slash-unescaped"
            "The body came with `/` escaped, as PHP's `json_encode` does, and was signed without"
            => "something parsed it and wrote it again; verify the bytes as they came, before any parser."
        BodyJsonSorted "body-json-sorted"
            "The body was signed with its keys sorted, and came in another order"
            => "something parsed it and wrote it again; verify the bytes as they came, before any parser."
        BodyJsonSpaced "body-json-spaced"
            "The body was signed with a space behind each comma or colon, as Python's `json.dumps` does, and came with other \
             white space"
            => "something parsed it and wrote it again; verify the bytes as they came, before any parser."
        BodyJsonString "body-json-string"
            "The body was put into a JSON string, quotes and all: it was stringified twice; verify what is in the string."
        BodyJsonUnescaped "body-json-unescaped"
            "The body came with `\\u` escapes, and its letters were signed as they are, so the escapes were added later"
            => "something parsed it and wrote it again, as .NET, PHP and Python do by default; verify the bytes as they came, \
                before any parser."
        BodyLf "body-lf"
            "The line ends of the body are LF, and CRLF was signed"
            => "git, an editor or a text mode changed them; read the body as bytes."
        BodyLineEndsAdded "body-line-ends-added"
            "The body has line ends that were not signed"
            => "it was wrapped by a terminal, a mail or an editor; take the bytes as they came."
        BodyLineEndsLost "body-line-ends-lost"
            "The body lost its line ends, which were signed; `curl -d @file` drops them, and `curl --data-binary @file` keeps them"
            => "send it with the latter, and take the bytes from elsewhere than a log that keeps to one line."
        BodyLogEscaped "body-log-escaped"
            "The body has the escapes of a log, such as `\\x22` for a quote, as nginx and Apache write it: undo each `\\xHH`, \
             or have the log write it otherwise."
        BodyMojibake "body-mojibake"
            "The body is UTF-8 that was read in another charset, such as Latin-1 or GBK, and written again, so letters became \
             others"
            => "read it as bytes, not as text."
        BodyNewlineAdded "body-newline-added"
            "A newline stands behind the body, and was not signed"
            => "an editor, `echo` or a heredoc added it; remove it."
        BodyNewlineLost "body-newline-lost"
            "The newline at the end of the body was signed, and did not come; `echo` adds one, and `curl -d @file` drops it"
            => "do not trim the body; where it is signed or sent by hand, use `printf %s` and `curl --data-binary`."
        BodyNormalForm "body-normal-form"
            "Letters such as `\u{e9}` came in another normal form of Unicode than was signed: as one character, or as `e` and an \
             accent behind it"
            => "macOS and some databases change that; read the body as bytes, not as text."
        BodyNotJson "body-not-json"
            "The body is not JSON, which every sender here sends: it was wrapped, encoded or replaced on the way; compare it \
             with what the sender sent, and take the bytes as they came."
        BodyNotUtf8 "body-not-utf-8"
            "The body came in another charset, such as Latin-1, and was signed in UTF-8"
            => "read it as bytes, not as text."
        BodyNulPadded "body-nul-padded"
            "NUL bytes stand behind the body, and were not signed"
            => "a buffer was taken whole; take as many bytes as were read."
        BodyOverLimit "body-over-limit"
            "The body is larger than the verifier's limit: raise `body_limit`, and every limit in front of it."
        BodyPrinted "body-printed"
            "The body is what a program printed of the parsed value, such as a `dict` of Python or a `Hash` of Ruby, and JSON \
             was signed: verify the bytes as they came, before any parser."
        BodyPythonBytes "body-python-bytes"
            "The body is the Python text of bytes, `b'..'`: somebody called `str` on it; take the bytes."
        BodyReplaced "body-replaced"
            "The body holds U+FFFD, which stands where bytes were no UTF-8"
            => "if the sender did not send it, the body was read as text and those bytes are gone; read it as bytes."
        BodySorted "body-sorted"
            "The fields of the body stand in alphabetical order, and this sender writes them in another"
            => "something parsed it and wrote it again, as with `sort_keys` or from a map; verify the bytes as they came, before \
                any parser."
        BodySpaceAdded "body-space-added"
            "Spaces or empty lines stand before or behind the body, and were not signed"
            => "an editor or a template added them; remove them, or take the bytes as they came."
        BodyTooLong "body-too-long"
            "The body goes on behind the `Content-Length`: take that many bytes of it."
        BodyTypography "body-typography"
            "Quotes or spaces of the body were replaced by typographic ones, as word processors, chats and mail do: take the \
             bytes from elsewhere."
        BodyUtf16 "body-utf-16"
            "The body came in UTF-16, and was signed in UTF-8"
            => "PowerShell saves text so; take the bytes as they came."
    }
    Signature {
        SignatureBase64 "signature-base64"
            "The signature is written in base64 where this sender writes hex: whatever signs is not that sender, or pages in \
             circulation misled it; write hex."
        SignatureBase64Url "signature-base64url"
            "The signature is written in the URL-safe base64, with `-` and `_`: write standard base64."
        SignatureEncodedTwice "signature-encoded-twice"
            "The signature is the base64 of its hex digits: encode the 32 bytes once."
        SignatureFolded "signature-folded"
            "White space, a line end, or colons or hyphens between its bytes stand inside the signature, as in a folded header \
             or a dump: send it in one piece."
        SignatureHex "signature-hex"
            "The signature is written in hex where this sender writes base64: whatever signs is not that sender; write \
             base64."
        SignatureIsSecret "signature-is-secret"
            "In place of a signature stands the secret itself: it went over the wire, so take a new one; in whatever sends, sign \
             the body with HMAC-SHA256 and put the result there."
        SignatureIsToken "signature-is-token"
            "In place of a signature stands the bearer token: it belongs into `Authorization`; in whatever sends, sign the body \
             with HMAC-SHA256 and the secret, and put the result there."
        SignatureList "signature-list"
            "The header holds several signatures, joined by a proxy or as Standard Webhooks do in a rotation: this sender \
             sends one; find what joins them."
        SignatureMalformed "signature-malformed"
            "The signature header does not hold a signature in any spelling: it was cut off or replaced; compare it with what \
             the sender sent."
        SignaturePrefixAdded "signature-prefix-added"
            "Before the signature stands a prefix, such as `sha256=`, that this sender does not write: it comes from a script \
             or a product made for another one; configure that sender, or have the prefix left out there."
        SignaturePrefixCase "signature-prefix-case"
            "The prefix before the signature, `v1,` for instance, is in another case: find what changed it, and hand the \
             header on as it is."
        SignaturePrefixDoubled "signature-prefix-doubled"
            "The prefix before the signature is there twice: whatever signs has it in the value already; put it there once."
        SignaturePrefixMissing "signature-prefix-missing"
            "The prefix before the signature, `v1,` for instance, is missing: something split the value at it; hand the \
             header on whole."
        SignatureQuoted "signature-quoted"
            "Quotes or white space stand around the signature: have them left out by whatever wrote them."
        SignatureTruncated "signature-truncated"
            "The signature is only the beginning of the right one: it was cut off; hand the header on whole."
        SignatureUnpadded "signature-unpadded"
            "The signature lacks the `=` at its end: it was split at `=` or written without padding; hand the header on \
             whole."
        SignatureUrlMangled "signature-url-mangled"
            "The signature went through a URL: `+` became a space or characters were percent-encoded; hand the header on as \
             it is."
        SignatureWithWords "signature-with-words"
            "Words stand around the signature, such as those that `openssl dgst` prints: have whatever signs take the digits \
             alone."
    }
    Mac {
        MacSha1 "mac-sha1"
            "The signature is made with HMAC-SHA1: have whatever signs use HMAC-SHA256."
        MacSha384 "mac-sha384"
            "The signature is made with HMAC-SHA384: have whatever signs use HMAC-SHA256."
        MacSha512 "mac-sha512"
            "The signature is made with HMAC-SHA512: have whatever signs use HMAC-SHA256."
        MacSwapped "mac-swapped"
            "The signature is made with key and message swapped: in whatever signs, swap the two arguments."
        MacWithPrefix "mac-with-prefix"
            "The signature is the SHA-256 digest of the secret with the text behind it: have whatever signs use HMAC-SHA256."
        MacWithSuffix "mac-with-suffix"
            "The signature is the SHA-256 digest of the text with the secret behind it: have whatever signs use HMAC-SHA256."
        MacWithoutKey "mac-without-key"
            "The signature is the SHA-256 digest of the text without any secret, which anybody can make: have whatever signs \
             use HMAC-SHA256 with the secret."
    }
    SignedText {
        SignedBase64 "signed-base64"
            "The signature is over the base64 of the body: have whatever signs take the bytes of the body."
        SignedBodyAlone "signed-body-alone"
            "The signature is over the body alone: have whatever signs put delivery id and time before it, as in \
             `id.time.body`."
        SignedConstant "signed-constant"
            "The signature is over `{}` or over nothing, and not over this body, so it would fit any body: whatever signs \
             does so before it has the body."
        SignedDigest "signed-digest"
            "The signature is over the SHA-256 digest of the body: have whatever signs take the bytes of the body."
        SignedEchoOption "signed-echo-option"
            "`-n ` was signed in front of the body, because a shell's `echo` printed it instead of taking it for an option: \
             sign what `printf %s` writes."
        SignedIdChanged "signed-id-changed"
            "The delivery id was signed in another spelling, in another case or with other hyphens: hand it on as the sender \
             wrote it."
        SignedOrder "signed-order"
            "The right parts are signed in the wrong order: have whatever signs take `id.time.body`."
        SignedSeparators "signed-separators"
            "The parts are signed with the wrong text between them: have whatever signs put a full stop there, as in \
             `id.time.body`."
        SignedTimestampChanged "signed-timestamp-changed"
            "The header has the time in another spelling than was signed, in milliseconds for instance: hand the sender's \
             header on, or have whatever signs use the same digits for both, Unix seconds."
        SignedWithUrl "signed-with-url"
            "The URL or the path is signed in front of the body: have whatever signs leave it out."
        SignedWithoutId "signed-without-id"
            "The delivery id is missing from the signed text: have whatever signs take `id.time.body`."
        SignedWithoutTimestamp "signed-without-timestamp"
            "The time is missing from the signed text: have whatever signs take `id.time.body`."
    }
    Header {
        DeliveryIdMalformed "delivery-id-malformed"
            "The delivery id is empty, longer than 64 characters, or holds a full stop or a space: pass it on as the sender \
             wrote it."
        SchemeOther "scheme-other"
            "The delivery is signed as another product does: whatever signs it is not the sender that you configured; find \
             what stands between, or describe its scheme with `Sender::new`."
        SenderOther "sender-other"
            "The delivery comes from another sender than the one that you configured: configure that one for this endpoint."
        SignatureHeaderDoubled "signature-header-doubled"
            "The signature header is there more than once: a proxy added it again; let it set the header, not add."
        SignatureHeaderMissing "signature-header-missing"
            "There is no signature header: the sender has no secret configured, or a proxy drops the header; set a secret at \
             the sender, and let the proxy pass the header."
        SignatureHeaderOther "signature-header-other"
            "The signature stands in another header: rename it to the one that the sender uses."
        SignatureHeaderRenamed "signature-header-renamed"
            "The signature header was renamed on the way, as CGI, WSGI and gateways do: pass it on under its own name."
        SignatureInQuery "signature-in-query"
            "The signature stands in the query of the URL: it belongs into the header."
        SignedHeaderDoubled "signed-header-doubled"
            "The header of the delivery id or the time is there more than once: a proxy added it again; let it set the \
             header, not add."
        SignedHeaderMissing "signed-header-missing"
            "A header that is signed, of the delivery id or the time, is missing: let the proxy pass it."
        SignedHeaderQuoted "signed-header-quoted"
            "Quotes or white space stand around the delivery id or the time: leave them out."
        SignedHeaderRenamed "signed-header-renamed"
            "A header that is signed, of the delivery id or the time, was renamed on the way: pass it on under its own name."
    }
    Clock {
        ClockBehind "clock-behind"
            "The delivery is signed at a time that is still to come: your clock is behind, or the sender's is ahead; let both \
             follow NTP."
        ClockMilliseconds "clock-milliseconds"
            "The time of receipt is in milliseconds, or even smaller units: count your clock in seconds, as this sender does."
        DeliveryOld "delivery-old"
            "The delivery is older than the tolerance: a recording, a replay or a late retry, or your clock is ahead; judge a \
             recording by the time at which it was received."
        TimeZone "time-zone"
            "The time is wrong by whole or half hours, as if local time were taken for UTC: make whichever side takes it from \
             local time use UTC. A time in the past may as well be that of a delivery of this age that was sent again (a \
             replay), which is rightly refused."
        TimestampFormat "timestamp-format"
            "The time is not written as Unix seconds in plain digits: have whatever signs write it so."
        TimestampMilliseconds "timestamp-milliseconds"
            "The time is in milliseconds, or even smaller units: send seconds, as this sender does."
    }
    Authorization {
        AuthorizationBearerDoubled "authorization-bearer-doubled"
            "`Authorization` says `Bearer` twice: at the sender, enter the token without that word."
        AuthorizationDoubled "authorization-doubled"
            "There is more than one `Authorization` header: a proxy adds its own; let it pass the sender's alone."
        AuthorizationMismatch "authorization-mismatch"
            "`Authorization` holds another token than the one that you expect: compare the two where they were entered."
        AuthorizationMissing "authorization-missing"
            "There is no `Authorization` header: the sender has no token configured, or a proxy strips the header; let it \
             pass."
        AuthorizationQuoted "authorization-quoted"
            "The token in `Authorization` has quotes or white space around it: leave them out at the sender."
        AuthorizationRenamed "authorization-renamed"
            "The token stands in another header: a proxy moved it there; let it pass `Authorization` as it is."
        AuthorizationScheme "authorization-scheme"
            "`Authorization` has the right token under another scheme than `Bearer`, such as `Basic` or `Token`: enter it \
             with `Bearer` at the sender, or expect the value as it comes."
        AuthorizationSchemeMissing "authorization-scheme-missing"
            "`Authorization` holds the token without the word `Bearer`: enter it with that word at the sender, or expect the \
             value as it comes."
        AuthorizationSecret "authorization-secret"
            "`Authorization` holds the signing secret: at the sender, token and secret were mixed up; enter each in its \
             place, and take a new secret, because this one went over the wire."
        TokenWithScheme "token-with-scheme"
            "The token that you expect begins with the word `Bearer`: leave it out, because it is not part of the token."
    }
}
