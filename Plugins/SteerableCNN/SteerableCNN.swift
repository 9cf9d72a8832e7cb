import ZooKit

private let plugin = Plugin(
    """
    ZOO-PLUGIN-DESCRIPTOR 1.0
    id: SteerableCNN
    version: 1.0.0
    licence: Apache-2.0
    summary: Networks equivariant under rotations and reflections whose filters are combinations of circular harmonics
    authors: The STN Zoo authors
    papers: arXiv:1911.08251
    """, [SteerableNet.self])

@c(libSteerableCNN_LTX_zoo_plugin_v1)
public func zooPlugin(_ host: UnsafeRawPointer?) -> UnsafeRawPointer? { plugin.attach(host) }
