import Testing
import ZooReport

@Suite struct SparklineTests {
    @Test func levelsGoFromTheLeastToTheLargest() {
        #expect(Sparkline.text([0, 1, 2, 3, 4, 5, 6, 7]) == "▁▂▃▄▅▆▇█" && Sparkline.text([3, 1, 2]) == "█▁▅")
        #expect(Sparkline.text([]) == "" && Sparkline.text([5]) == "▁" && Sparkline.text([5, 5]) == "▁▁")
        #expect(Sparkline.text([1, .nan, 2]) == "▁ █" && Sparkline.text([.nan]) == "")
    }

    @Test func longCurvesAreAveraged() {
        #expect(Sparkline.text((0..<160).map(Double.init)) == "▁▁▂▂▃▃▄▄▅▅▆▆▇▇██")
        #expect(Sparkline.text([0, 2, 1, 1, 9, 9], width: 3) == "▁▁█")
    }
}
