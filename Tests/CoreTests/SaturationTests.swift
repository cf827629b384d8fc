import Core
import Testing

@Suite struct SaturationTests {
    @Test(arguments: [
        (2.9, 2), (-2.9, -2), (0.0, 0), (Double.nan, 0), (.infinity, Int.max), (-.infinity, Int.min),
        (1e300, Int.max), (-1e300, Int.min), (0x1p63, Int.max), (-0x1p63, Int.min), (0x1p62, 1 << 62),
    ])
    func `a number of any size becomes the nearest whole number that there is`(number: Double, whole: Int) {
        #expect(Int(saturating: number) == whole)
        #expect(Int64(saturating: number) == Int64(whole))
    }
}
