import Core
import Foundation
import Operations
import TestSupport
import Testing

@Suite struct ComposeTests {
    static let files = ["compose.yaml", "compose.postgres.yaml"]

    @Test(arguments: files)
    func `every setting is one of the program's, with a value that it takes`(file: String) throws {
        for (name, service) in try Compose(file).own {
            let own = try Dockerfile().environment.merging(service.environment ?? [:]) { $1 }
                .filter { $0.key.hasPrefix("SIBYL_") }
            let values = try SettingValues(options: [:], environment: own, dotEnv: nil)
            #expect(values.unknownNames(except: []).isEmpty, "\(name)")
            if service.command == ["api"] {
                let address = try ListenAddress(values[.listen]!)
                try address.checkOpenness(auth: values[.auth])
                // The other containers of the network know it by the service's name.
                #expect(try address.hostNames(values).contains { $0.host == name })
            }
            if let door = try values[.metricsListen].map({ try ListenAddress(metrics: $0) }) {
                #expect(try door.hostNames(values).contains { $0.host == name })
            }
        }
    }

    @Test(arguments: files) func `every command is one of the program's`(file: String) throws {
        let services = try Compose(file).own
        #expect(Set(services.keys) == ["migrate", "api", "worker"])
        for service in services.values { #expect(try ProgramHelp.fault(of: service.command ?? []) == nil) }
    }

    @Test(arguments: files) func `what a service names is there`(file: String) throws {
        let compose = try Compose(file)
        for (name, service) in compose.services {
            for volume in service.volumes ?? [] {
                #expect(compose.volumes.keys.contains { volume.hasPrefix($0 + ":/") }, "\(name): \(volume)")
            }
            for secret in service.secrets ?? [] { #expect(compose.secrets?[secret] != nil, "\(name): \(secret)") }
            for (_, value) in service.environment ?? [:] where value.hasPrefix("/run/secrets/") {
                #expect(service.secrets?.contains(String(value.dropFirst("/run/secrets/".count))) == true)
            }
            for dependency in service.depends_on?.keys ?? [:].keys {
                #expect(compose.services[dependency] != nil, "\(name): \(dependency)")
            }
            if let build = service.build {
                #expect(
                    FileManager.default.fileExists(atPath: PackageFiles.path("deploy/\(build.context)/Package.swift")))
                #expect(FileManager.default.fileExists(atPath: PackageFiles.path(build.dockerfile)))
            }
        }
    }

    @Test(arguments: files) func `nothing starts before the schema is there, nor that before its server`(file: String)
        throws
    {
        let compose = try Compose(file)
        for name in ["api", "worker"] {
            let condition = compose.services[name]?.depends_on?["migrate"]?.condition
            #expect(condition == "service_completed_successfully", "\(name)")
        }
        #expect(compose.services["migrate"]?.restart == "no")
        let server = compose.services["postgres"]
        #expect((server == nil) == (compose.services["migrate"]?.depends_on?["postgres"] == nil))
        if let server {
            #expect(compose.services["migrate"]?.depends_on?["postgres"]?.condition == "service_healthy")
            #expect(server.healthcheck?.test?.contains("pg_isready") == true)
        }
    }

    @Test(arguments: files) func `each container of ours is without rights and cannot write beside its volumes`(
        file: String
    ) throws {
        let image = try Dockerfile().image
        for (name, service) in try Compose(file).own {
            #expect(service.user == image["USER"], "\(name)")
            #expect(service.read_only == true, "\(name)")
            #expect(service.cap_drop == ["ALL"], "\(name)")
            #expect(service.security_opt == ["no-new-privileges:true"], "\(name)")
        }
    }

    @Test(arguments: files) func `a container has longer to stop than the program takes`(file: String) throws {
        for (name, service) in try Compose(file).own {
            let period = try #require(service.stop_grace_period?.wholeMatch(of: /(\d+)s/), "\(name)")
            #expect(.seconds(try #require(Int(period.output.1))) > Limits.stopDeadline, "\(name)")
        }
    }

    @Test(arguments: files) func `without keys only this machine reaches the service, and each replica has a port`(
        file: String
    ) throws {
        for (name, service) in try Compose(file).services {
            for port in service.ports ?? [] {
                let match = try #require(port.wholeMatch(of: /127\.0\.0\.1:(\d+)(?:-(\d+))?:8000/), "\(name): \(port)")
                let first = try #require(Int(match.output.1))
                let last = match.output.2.flatMap { Int($0) } ?? first
                #expect(last - first + 1 == service.deploy?.replicas ?? 1, "\(name): \(port)")
            }
        }
    }

    @Test(arguments: files) func `the image's probe finds a worker's own door`(file: String) throws {
        let environment = try #require(try Compose(file).services["worker"]?.environment)
        let door = try ListenAddress(metrics: try #require(environment["SIBYL_METRICS_LISTEN"]))
        #expect(environment["SIBYL_URL"] == "http://127.0.0.1:\(door.port)")
    }

    @Test func `PostgreSQL's file knows the database by its address alone`() throws {
        let compose = try Compose("compose.postgres.yaml")
        let addresses = Set(compose.own.values.map { $0.environment?["SIBYL_DATABASE"] })
        #expect(addresses == ["postgres://sibyl@postgres:5432/sibyl"])
        #expect(compose.own.values.allSatisfy { $0.volumes == nil })
        #expect(compose.services["api"]?.deploy?.replicas == 2)
        #expect(compose.services["worker"]?.deploy?.replicas == 4)
    }

    @Test(.enabled(if: Tool.works(["docker", "compose", "version"]), "docker compose is not here"), arguments: files)
    func `docker compose takes the file`(file: String) throws {
        let outcome = try Tool.run(["docker", "compose", "-f", "deploy/" + file, "config", "--quiet"])
        #expect(outcome.code == 0, "\(outcome.text)")
    }
}
