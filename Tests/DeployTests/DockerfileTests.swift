import Core
import Foundation
import Operations
import TestSupport
import Testing

@Suite struct DockerfileTests {
    private let file: Dockerfile

    init() throws { file = try Dockerfile() }

    @Test func `the builder is set up by scripts/setup alone, so that packages and checksums stand in one place`() {
        #expect(file.builder.all("RUN").first?.rest == "scripts/setup run")
        #expect(file.builder.all("COPY").first?.rest == "scripts/setup scripts/setup")
        for step in file.stages.flatMap({ $0.all("RUN") }) {
            #expect(step.rest.firstMatch(of: /curl |wget |pip |sha256/) == nil, "\(step.rest)")
        }
        #expect(file.builder.all("RUN").allSatisfy { !$0.rest.contains("apt-get") })
    }

    @Test func `the builder's Swift reads this package`() throws {
        let image = try #require(
            file.builder["FROM"]?.firstMatch(of: /^swift:(\d+)\.(\d+)\.(\d+)-bookworm AS builder$/))
        let package = try #require(
            try PackageFiles.text("Package.swift").firstMatch(of: /^\/\/ swift-tools-version: (\d+)\.(\d+)/))
        let version = try [image.output.1, image.output.2].map { try #require(Int($0)) }
        let wanted = try [package.output.1, package.output.2].map { try #require(Int($0)) }
        #expect(!version.lexicographicallyPrecedes(wanted))
    }

    @Test(arguments: [".build/release/sibyl", ".tools/onnxruntime/libonnxruntime.so"])
    func `every library that is loaded is in the image`(binary: String) throws {
        let needed = try Tool.run(["readelf", "-d", binary]).text.matches(of: /\(NEEDED\).*\[(.*)\]/).map(\.output.1)
        #expect(needed.count > 3)
        for name in needed where name.prefixMatch(of: /libswift|lib_?Foundation|libdispatch|libBlocksRuntime/) == nil {
            let owner = try Tool.run(["dpkg-query", "-S", "*/\(name)"]).text
            let packages = Set(owner.split(separator: "\n").map { String($0.prefix { $0 != ":" }) })
            // The C library comes with every Debian, the compiler's with the C++ library.
            let present = file.packages.union(["libc6", "libgcc-s1"])
            #expect(!packages.isDisjoint(with: present), "\(name) of \(packages)")
        }
    }

    @Test func `the image's settings are settings of the program, with values that it takes`() throws {
        let environment = file.environment.filter { $0.key.hasPrefix("SIBYL_") }
        let values = try SettingValues(options: [:], environment: environment, dotEnv: nil)
        #expect(values.unknownNames(except: []).isEmpty)
        let address = try ListenAddress(try #require(values[.listen]))
        #expect(!address.isLoopback)
        #expect(try address.hostNames(values).map(\.host) == ["localhost"])
        // That anybody may use the service is for whoever starts it to say.
        #expect(environment["SIBYL_AUTH"] == nil)
    }

    @Test func `the image's commands are commands of the program`() throws {
        let entry = try words(ofArray: try #require(file.image["ENTRYPOINT"]))
        #expect(entry == ["sibyl"])
        #expect(try ProgramHelp.fault(of: try words(ofArray: try #require(file.image["CMD"]))) == nil)
        let probe = try #require(file.image["HEALTHCHECK"]?.split(separator: "CMD ").last)
        let command = try words(ofArray: String(probe))
        #expect(command.first == "sibyl")
        #expect(try ProgramHelp.fault(of: Array(command.dropFirst())) == nil)
    }

    @Test func `the image serves without rights and writes to its volume alone`() throws {
        #expect(try #require(file.image["USER"]).wholeMatch(of: /[1-9]\d{4}:[1-9]\d{4}/) != nil)
        #expect(file.image["STOPSIGNAL"] == "SIGTERM")
        let volume = try #require(file.image["VOLUME"])
        #expect(try #require(file.environment["SIBYL_DATABASE"]).hasPrefix(volume + "/"))
        let program = file.image.all("COPY").map { $0.words[$0.words.count - 1] }
        #expect(program.allSatisfy { $0.hasPrefix("/opt/sibyl/") && !$0.hasPrefix(volume) })
    }

    @Test func `every file that is copied is there and let through`() throws {
        let ignore = try PackageFiles.text("deploy/Dockerfile.dockerignore").split(separator: "\n").map(String.init)
        #expect(ignore.first == "*")
        let copied = file.stages.flatMap { $0.all("COPY") }.filter { !$0.rest.hasPrefix("--") }.map { $0.words[0] }
        for path in copied {
            #expect(FileManager.default.fileExists(atPath: PackageFiles.path(path)), "\(path)")
        }
        #expect(Set(ignore.dropFirst()) == Set(copied.map { "!" + $0 }))
    }

    @Test func `the replay knows every instruction`() throws {
        let replay = try PackageFiles.text("deploy/replay")
        let known = replay.matches(of: /(?m)^        ([A-Z |]+)\)/).flatMap { $0.output.1.split(separator: " | ") }
        for name in Set(file.stages.flatMap(\.instructions).map(\.name)) {
            #expect(known.contains { $0 == name }, "\(name)")
        }
    }
}
