@main
struct Sibyl {
    static func main() {}
}
