/// The part of Vega-Lite's grammar that the pages use, https://vega.github.io/vega-lite/docs, as types that write its JSON.
///
///     VegaLite.View(description: "…", height: 300, layer: [.init(.init(.line), .init(x: .quantitative("epoch", "epoch")))])
///
/// Data are named "rows" and handed over by the page's script, which also says what colour an entry has.
enum VegaLite {
    struct View: Encodable {
        private let schema = "https://vega.github.io/schema/vega-lite/v6.json"
        let description: String
        private let data = Data()
        private let width = "container"
        let height: Double
        let layer: [Layer]

        private struct Data: Encodable { let name = "rows" }

        init(description: String, height: Double, layer: [Layer]) {
            (self.description, self.height, self.layer) = (description, height, layer)
        }

        enum CodingKeys: String, CodingKey {
            case schema = "$schema"
            case description, data, width, height, layer
        }
    }

    struct Layer: Encodable {
        let transform: [Transform]?
        let mark: Mark
        let encoding: Encoding

        init(_ mark: Mark, _ encoding: Encoding, where filter: String? = nil) {
            (self.mark, self.encoding) = (mark, encoding)
            transform = filter.map { [Transform(filter: $0)] }
        }
    }

    struct Transform: Encodable { let filter: String }

    struct Mark: Encodable {
        enum Kind: String, Encodable { case line, point, area, rule, text }
        let type: Kind
        let opacity: Double?
        let size: Double?
        let strokeWidth: Double?
        let strokeDash: [Double]?
        let filled: Bool?
        let interpolate: String?
        let clip: Bool?
        let color: String?
        let align: String?
        let dx: Double?
        let dy: Double?
        /// Whether screen readers are told of each mark; a summary is told anyway.
        let aria: Bool?

        init(
            _ type: Kind, opacity: Double? = nil, size: Double? = nil, strokeWidth: Double? = nil, strokeDash: [Double]? = nil,
            filled: Bool? = nil, interpolate: String? = nil, clip: Bool? = nil, color: String? = nil, align: String? = nil,
            dx: Double? = nil, dy: Double? = nil, aria: Bool? = nil
        ) {
            self.type = type
            (self.opacity, self.size, self.strokeWidth, self.strokeDash, self.filled, self.interpolate) = (
                opacity, size, strokeWidth, strokeDash, filled, interpolate
            )
            (self.clip, self.color, self.align, self.dx, self.dy, self.aria) = (clip, color, align, dx, dy, aria)
        }
    }

    struct Encoding: Encodable {
        var x: Channel?
        var x2: Channel?
        var y: Channel?
        var y2: Channel?
        var color: Channel?
        var strokeDash: Channel?
        var detail: Channel?
        var text: Channel?
        var tooltip: [Channel]?
    }

    struct Channel: Encodable {
        enum Kind: String, Encodable { case quantitative, nominal }
        var field: String?
        var type: Kind?
        var title: String?
        var format: String?
        var scale: Scale?
        var axis: Axis?
        var stack: Bool?
        /// No legend, where false is written as null.
        var hasLegend = true

        enum CodingKeys: String, CodingKey { case field, type, title, format, scale, axis, stack, legend }

        func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encodeIfPresent(field, forKey: .field)
            try container.encodeIfPresent(type, forKey: .type)
            try container.encodeIfPresent(title, forKey: .title)
            try container.encodeIfPresent(format, forKey: .format)
            try container.encodeIfPresent(scale, forKey: .scale)
            try container.encodeIfPresent(axis, forKey: .axis)
            try container.encodeIfPresent(stack, forKey: .stack)
            if !hasLegend { try container.encodeNil(forKey: .legend) }
        }

        static func quantitative(_ field: String, _ title: String, scale: Scale? = nil, axis: Axis? = nil, format: String? = nil) -> Channel
        {
            Channel(field: field, type: .quantitative, title: title, format: format, scale: scale, axis: axis)
        }
        static func nominal(_ field: String, _ title: String) -> Channel { Channel(field: field, type: .nominal, title: title) }
        static func field(_ field: String) -> Channel { Channel(field: field) }
        static func withoutLegend(_ channel: Channel) -> Channel {
            var channel = channel
            channel.hasLegend = false
            return channel
        }
    }

    struct Scale: Encodable {
        enum Kind: String, Encodable { case log }
        var type: Kind?
        var zero: Bool?
        var domain: [Double]?
        var nice: Bool?
    }

    struct Axis: Encodable {
        var values: [Double]?
        var format: String?
        var tickCount: Int?
        var tickMinStep: Double?
    }
}
