import ZooKit

private let plugin = Plugin(
    """
    ZOO-PLUGIN-DESCRIPTOR 1.0
    id: RotationGroupCNN
    version: 1.0.0
    licence: Apache-2.0
    summary: Networks equivariant under rotations and reflections by group convolution
    authors: The STN Zoo authors
    papers: arXiv:1602.07576
    """, [P4CNN.self, P4MCNN.self, CNCNN.self, Z2CNN.self, CohenWellingP4CNN.self])

@c(libRotationGroupCNN_LTX_zoo_plugin_v1)
public func zooPlugin(_ host: UnsafeRawPointer?) -> UnsafeRawPointer? { plugin.attach(host) }
