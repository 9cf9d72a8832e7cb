import ZooKit

private let plugin = Plugin(
    """
    ZOO-PLUGIN-DESCRIPTOR 1.0
    id: Polar
    version: 1.0.0
    licence: Apache-2.0
    summary: Polar Transformer: rotation and scale become shifts
    authors: The STN Zoo authors
    papers: arXiv:1709.01889
    """, [PolarTransformer.self, PolarCNN.self])

@c(libPolar_LTX_zoo_plugin_v1)
public func zooPlugin(_ host: UnsafeRawPointer?) -> UnsafeRawPointer? { plugin.attach(host) }
