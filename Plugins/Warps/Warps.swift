import ZooKit

private let plugin = Plugin(
    """
    ZOO-PLUGIN-DESCRIPTOR 1.0
    id: Warps
    version: 1.0.0
    licence: Apache-2.0
    summary: Families of spatial transformations and their warps
    authors: The STN Zoo authors
    papers: arXiv:1506.02025; arXiv:1612.03897
    """, [Affine.self, Translation.self, Rotation.self, Similarity.self, Homography.self, ThinPlateSpline.self])

@c(libWarps_LTX_zoo_plugin_v1)
public func zooPlugin(_ host: UnsafeRawPointer?) -> UnsafeRawPointer? { plugin.attach(host) }
