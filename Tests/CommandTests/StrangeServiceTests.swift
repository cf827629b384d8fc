import Core
import Foundation
import Glibc
import Testing

/// What the client commands do with the answer of something that is not the service.
@Suite struct StrangeServiceTests {
    /// A number that no integer holds ended the command by a trap.
    @Test(arguments: [
        (#""rows_per_second":1e300,"eta_seconds":1e300"#, #"{"total":5,"succeeded":1}"#),
        (#""rows_per_second":-1e300,"eta_seconds":-1e300"#, #"{"total":-5,"succeeded":-1,"failed":-2}"#),
        (#""eta_seconds":9223372036854775808"#, #"{"total":1,"succeeded":9223372036854775807,"failed":9}"#),
    ])
    func `a status of numbers that nobody can have is printed`(members: String, rows: String) throws {
        let task =
            #"{"id":"a","status":"processing","final":false,"model":"m","model_version":"v1","created_at":"-","#
            + "\(members),\"rows\":\(rows)}"
        let service = try AnsweringSocket(json: task)
        let client = ServiceUnderTest()
        client.follow(service.url)
        let answer = try client.command(["status", "01a22e76-72af-7938-8ba0-8dc6d07137bd"])
        #expect(answer.code == 0, "\(answer)")
        #expect(answer.output.contains("rows/s") || answer.output.contains("left"), "\(answer)")
    }
}

/// Answers whatever comes with the same JSON.
private final class AnsweringSocket {
    let url: String
    private let listener: Int32
    private let thread: ServiceThread

    init(json: String) throws {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(INADDR_LOOPBACK).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let port = withUnsafeMutablePointer(to: &address) { place in
            place.withMemoryRebound(to: sockaddr.self, capacity: 1) { place in
                _ = bind(listener, place, length)
                listen(listener, 8)
                getsockname(listener, place, &length)
            }
            return UInt16(bigEndian: place.pointee.sin_port)
        }
        (self.listener, url) = (listener, "http://127.0.0.1:\(port)")
        let answer =
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: \(json.utf8.count)\r\n"
            + "Connection: close\r\n\r\n\(json)"
        thread = ServiceThread(name: "strange") { _ in
            var bytes = [UInt8](repeating: 0, count: 4_096)
            while case let caller = accept(listener, nil, nil), caller >= 0 {
                recv(caller, &bytes, bytes.count, 0)
                send(caller, answer, answer.utf8.count, Int32(MSG_NOSIGNAL))
                close(caller)
            }
        }
    }

    deinit {
        shutdown(listener, Int32(SHUT_RDWR))
        thread.join()
        close(listener)
    }
}
