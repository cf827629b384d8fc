/// How many bits a number was computed in, which decides how many digits tell it.
package enum Precision: Sendable {
    /// 32 bits.
    case single
    /// 64 bits.
    case double
}
