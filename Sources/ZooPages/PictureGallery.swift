import Foundation
import ZooReport

/// What transformers made of test images, for a page. Pictures are PNG files.
public struct PictureGallery: Encodable, Sendable {
    public struct Cell: Encodable, Sendable {
        let png: Data
        /// Corners of each iteration's sampling quadrilateral, x and y in turns, in [-1, 1]; the last one counts.
        var corners: [[Double]] = []
        /// What stands below it.
        let caption: String
    }

    public struct Row: Encodable, Sendable {
        let name: String
        let cells: [Cell]
    }

    /// One entry.
    public struct Strip: Encodable, Sendable {
        let entry: String
        let transformsFeatures: Bool
        let seed: UInt64
        /// SHA-256 of the weights.
        let weights: String
        let rows: [Row]
    }

    /// One test image of one data set.
    public struct Group: Encodable, Sendable {
        let dataset, label: String
        let image: Int
        let poses: [String]
        let strips: [Strip]
    }

    public internal(set) var groups: [Group] = []
    /// Why some of it is not there.
    public internal(set) var remarks: [String] = []

    var view: View {
        [
            "text":
                "Top: a test image in several poses, with the quadrilateral that the transformer samples; the dot is the corner that becomes the upper left one, "
                + "fainter lines are earlier iterations; under it the class that it is read as, with the probability. Below: what comes of it, and features in three channels as red, green and blue, the three that vary most. "
                + "Where a pose is undone, a row looks the same in every column. The number below features is their distance from the upright image’s, "
                + "‖X − X₀‖ / ‖X₀‖. A transformer of feature maps turns the map back, but the responses stay in the channels that the turned image has excited: "
                + "the colours differ.",
            "groups": groups.map(\.view),
        ]
    }
}

extension PictureGallery.Group {
    fileprivate var view: View {
        [
            "title": "\(dataset), test image \(image), class \(label)",
            "poses": poses.map { $0.replacing("-", with: "−") }, "strips": strips.map { $0.view(dataset, label) },
        ]
    }
}

extension PictureGallery.Strip {
    fileprivate func view(_ dataset: String, _ label: String) -> View {
        let kind = transformsFeatures ? "transforms a feature map" : "transforms the input"
        return [
            "entry": entry, "title": "class \(label) of \(dataset)", "text": "\(kind); seed \(seed), weights \(weights.prefix(12))…",
            "rows": rows.map { row in ["name": row.name, "cells": row.cells.map { $0.view(row.name, entry, reach: reach) }] as View },
        ]
    }

    /// How far the input is drawn beyond its edge, so that quadrilaterals can be seen.
    private var reach: Double {
        let farthest = rows.flatMap(\.cells).flatMap(\.corners).flatMap(\.self).map(abs).filter(\.isFinite).max() ?? 1
        return min(max(farthest + 0.1, 1.2), 1.8)
    }
}

extension PictureGallery.Cell {
    fileprivate func view(_ row: String, _ entry: String, reach: Double) -> View {
        let polygons = corners.enumerated().map { index, list -> View in
            let points = stride(from: 0, to: list.count - 1, by: 2).map { "\(number(list[$0])),\(number(list[$0 + 1]))" }
            let isLast = index == corners.count - 1
            return [
                "points": points.joined(separator: " "), "step": isLast ? 0 : 1, "top": isLast, "topX": number(list.first ?? 0),
                "topY": number(list.dropFirst().first ?? 0),
            ]
        }
        return [
            "image": png.isEmpty ? NSNull() : "data:image/png;base64," + png.base64EncodedString(),
            "box": corners.isEmpty ? "-1 -1 2 2" : "\(number(-reach)) \(number(-reach)) \(number(2 * reach)) \(number(2 * reach))",
            "polygons": polygons, "under": caption, "alt": "\(entry): \(row). \(caption)",
        ]
    }

    private func number(_ value: Double) -> String { shown(value, 3).replacing("−", with: "-").replacing("–", with: "0") }
}
