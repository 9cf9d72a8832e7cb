import ZooKit

private let plugin = Plugin(
    """
    ZOO-PLUGIN-DESCRIPTOR 1.3
    id: Canonicalization
    version: 1.0.0
    licence: Apache-2.0
    summary: Images brought into a canonical pose: learned, in closed form, or searched at test time
    authors: The STN Zoo authors
    papers: arXiv:2211.06489; arXiv:2305.01751; arXiv:2405.03730
    """, [LearnedCanonicalization.self, MomentCanonicalization.self, TestTimeCanonicalization.self])

@c(libCanonicalization_LTX_zoo_plugin_v1)
public func zooPlugin(_ host: UnsafeRawPointer?) -> UnsafeRawPointer? { plugin.attach(host) }
