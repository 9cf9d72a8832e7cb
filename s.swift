typealias D = (magic: UInt32, major: UInt32, size: UInt32, pad: UInt32, id: StaticString, summary: StaticString)
@section(".zoo_plugin") @used let zooDescriptor: D = (0x6f6f7a31, 1, 96, 0, "stn-input", "A thing")
@c(hello) public func hello() -> Int32 { 1 }
