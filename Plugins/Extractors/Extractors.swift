import ZooKit

private let plugin = Plugin(
    """
    ZOO-PLUGIN-DESCRIPTOR 1.0
    id: Extractors
    version: 1.0.0
    licence: Apache-2.0
    summary: Classification networks of the seed papers besides the plain MNIST one
    authors: The STN Zoo authors
    papers: arXiv:2004.11678; arXiv:1506.02025
    """, [MNISTBatchNorm.self, SmallCNN.self, SVHNClassifier.self, PlanktonClassifier.self])

@c(libExtractors_LTX_zoo_plugin_v1)
public func zooPlugin(_ host: UnsafeRawPointer?) -> UnsafeRawPointer? { plugin.attach(host) }
