import ZooKit

private let plugin = Plugin(
    """
    ZOO-PLUGIN-DESCRIPTOR 1.1
    id: TorchModel
    version: 1.0.0
    licence: Apache-2.0
    summary: Networks from PyTorch, as TorchScript files
    authors: The STN Zoo authors
    """, [TorchArchitecture.self, TorchExtractor.self])

@c(libTorchModel_LTX_zoo_plugin_v1)
public func zooPlugin(_ host: UnsafeRawPointer?) -> UnsafeRawPointer? { plugin.attach(host) }
