import ZooKit

private let plugin = Plugin(
    """
    ZOO-PLUGIN-DESCRIPTOR 1.3
    id: ScaleChannels
    version: 1.0.0
    licence: Apache-2.0
    summary: Scale-channel networks: one CNN on foveated copies of the image at several scales
    authors: The STN Zoo authors
    papers: arXiv:2004.01536; arXiv:2106.06418
    """, [ScaleChannelNet.self])

@c(libScaleChannels_LTX_zoo_plugin_v1)
public func zooPlugin(_ host: UnsafeRawPointer?) -> UnsafeRawPointer? { plugin.attach(host) }
