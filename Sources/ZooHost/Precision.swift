import CZooPlugin

/// What convolutions multiply: float32, or factors rounded to bfloat16 whose products are added in float32. Weights, and all other
/// operators, stay in float32.
public enum Precision: String, Codable, CaseIterable, Sendable {
    case fp32, bf16

    /// "float32" or "bfloat16".
    public var name: String { self == .bf16 ? "bfloat16" : "float32" }

    var dtype: zoo_dtype { self == .bf16 ? ZOO_BF16 : ZOO_F32 }
}
