package import ZooKit

extension Tensor {
    /// N×heads×classes as (N·heads)×classes.
    package func flattenedHeads() throws -> Tensor { try reshape([-1, size(-1)]) }
}
