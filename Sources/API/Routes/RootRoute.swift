internal import Core
internal import HTTP
internal import Operations

/// `/`: what this is, and where to go, as JSON or as a page.
struct RootRoute {
    /// What the service answers, for the list.
    let listed: [Route]

    var routes: [Route] { [Route(.get, "/", .immediate { try root($0) }, types: Self.types)] }

    private static let types = ["application/json", "text/html"]

    private func root(_ request: HTTPRequest) throws -> HTTPResponse {
        if try MediaTypes.preferred(Self.types, by: request.headers) == "text/html" {
            return .bytes(Array(page.utf8), type: "text/html; charset=utf-8", headers: Self.pageHeaders)
        }
        return .json(
            JSONWriter.write { json in
                json.object { json in
                    json.member("message", "Sibyl scores data: hand over rows, take predictions.")
                    json.member("version", Version.current)
                    json.member("docs", "/")
                    json.member("health", "/health")
                    json.key("routes")
                    json.array { json in for route in listed { json.value("\(route.method.rawValue) \(route.pattern)") }
                    }
                }
            })
    }

    /// The page loads nothing from anywhere and runs no script.
    private static let pageHeaders: HTTPHeaders = [
        "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'", "X-Content-Type-Options": "nosniff",
    ]

    private var page: String {
        let rows = listed.map { route in
            let path = "<code>\(route.pattern)</code>"
            let isLink = route.method == .get && !route.pattern.contains("{")
            return "<tr><td>\(route.method.rawValue)</td><td>"
                + (isLink ? "<a href=\"\(route.pattern)\">\(path)</a>" : path) + "</td></tr>"
        }
        return """
            <!doctype html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>Sibyl</title>
            <style>
            body { font: 16px/1.5 system-ui, sans-serif; max-width: 44rem; margin: 3rem auto; padding: 0 1rem; color: #1d2530; background: #fcfcfa }
            h1 { font-weight: 600; margin-bottom: 0 }
            pre, code { font: 14px/1.5 ui-monospace, monospace }
            pre { background: #f0f1ec; padding: .8rem 1rem; border-radius: .4rem; overflow-x: auto }
            td { padding: .15rem 1rem .15rem 0 }
            a { color: #0b5c8a }
            .quiet { color: #667 }
            @media (prefers-color-scheme: dark) {
              body { color: #dde3ea; background: #14181d } pre { background: #1f252c } a { color: #7cc4ee } .quiet { color: #99a }
            }
            </style>
            </head>
            <body>
            <h1>Sibyl</h1>
            <p>Hand over rows, get a task ID at once, take the predictions while the rest still runs.</p>
            <pre>curl -s localhost:8000/predict/async -H 'Content-Type: application/json' \\
              -d '{"model":"sentiment","text":"I love this product!"}'</pre>
            <table>\(rows.joined())</table>
            <p class="quiet">Version \(Version.current)</p>
            </body>
            </html>

            """
    }
}
