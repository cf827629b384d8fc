import Foundation
import TestSupport

/// A compose file, as far as ours use the format (<https://github.com/compose-spec/compose-spec>).
struct Compose: Decodable {
    struct Service: Decodable {
        struct Dependency: Decodable {
            var condition: String
        }

        struct Healthcheck: Decodable {
            var test: [String]?
            var disable: Bool?
        }

        struct Build: Decodable {
            var context: String
            var dockerfile: String
        }

        struct Deployment: Decodable {
            struct Resources: Decodable {
                var limits: [String: String]
            }

            var replicas: Int?
            var resources: Resources
        }

        var image: String
        var build: Build?
        var user: String?
        var `init`: Bool?
        var read_only: Bool?
        var cap_drop: [String]?
        var security_opt: [String]?
        var tmpfs: [String]?
        var volumes: [String]?
        var secrets: [String]?
        var restart: String?
        var stop_grace_period: String?
        var shm_size: String?
        var command: [String]?
        var environment: [String: String]?
        var ports: [String]?
        var depends_on: [String: Dependency]?
        var healthcheck: Healthcheck?
        var deploy: Deployment?
    }

    struct Secret: Decodable {
        var file: String
    }

    var name: String
    var services: [String: Service]
    var volumes: [String: String?]
    var secrets: [String: Secret]?

    /// The services that run our image.
    var own: [String: Service] { services.filter { $0.value.image == "sibyl" } }

    /// Reads a file of `deploy/` with Python's YAML, which also merges what its anchors share.
    init(_ file: String) throws {
        let script = "import json, sys, yaml; json.dump(yaml.safe_load(open(sys.argv[1])), sys.stdout)"
        let json = try Tool.run(["python3", "-c", script, "deploy/" + file])
        self = try JSONDecoder().decode(Compose.self, from: Data(json.text.utf8))
    }
}
