import TestSupport
import Testing
import ZooData
import ZooCore
import ZooManifest

/// Names, random streams and images of data sets stay what they were: runs and stored results of earlier versions depend on them.
@Suite("Random streams of data sets")
struct StreamTests {
    /// By a name, what its streams are named after, and the angle of test image 11 with seed 3 over the largest angle.
    @Test(
        "streams are named as they have always been",
        arguments: [
            ("strokes", "strokes"), ("strokes-rotated", "strokes-rotated"), ("strokes-translated", "strokes-translated"),
            ("strokes-translated-upright", "strokes-translated-upright"), ("strokes-rotated?limit=30", "strokes-rotated"),
            ("mnist", "mnist"), ("mnist-rotated", "mnist-rotated"), ("mnist-scaled", "mnist-scaled"),
            ("mnist-perturbed", "mnist-perturbed"),
            ("mnist?rotate=45", "mnist"), ("mnist-rotated?transpose=true", "mnist-rotated"), ("fashion-mnist?rotate=45", "fashion-mnist"),
            ("emnist-letters?transpose=true&rotate=10", "emnist-letters"), ("plankton-rotated", "plankton-rotated"),
            ("svhn-digits", "svhn-digits"), ("svhn", "svhn"), ("folder:/data/pics", "folder:pics"),
            (
                "folder:/data/pics?std=0.3&size=32&rotate=90&color=rgb&mean=0.4&limit=9",
                "folder:pics?size=32&color=rgb&rotate=90.0&mean=0.4&std=0.3"
            ), ("folder:pics?rotate=180&limit=4", "folder:pics?rotate=180.0"), ("idx:some/dir?transpose=true&rotate=90", "idx:dir"),
            ("idx:some/dir/emnist-letters", "idx:emnist-letters"), ("mnist-rotated?validation=10000", "mnist-rotated"),
            ("mnist?rotation=45&train=500&canvas=40&clutter=3", "mnist"),
        ])
    func names(name: String, stream: String) throws {
        let set = try DataSet.named(name)
        for split in Split.allCases {
            let key = RandomStream(seed: 3, "\(stream)/\(split.rawValue)", split == .train ? 2 : 0, 11).key
            #expect(set.stream(split: split, seed: 3, epoch: 2, index: 11).key == key)
        }
        #expect(set.order(seed: 3, epoch: 2, count: 50) == RandomStream(seed: 3, "\(stream)/order", 2).permutation(50))
    }

    /// As the version before data sets were read from JSON stored them with its results.
    @Test(
        "drawn images, their poses and clutter are those of earlier versions",
        arguments: [
            ("strokes-perturbed?limit=30", "95dd3bd350396b8460671b6782c5ee24e9b7ed761a06725180ae07c67c182f33"),
            ("strokes-rotated", "744a3d7743a56b57f480a22c404a5950b1d34c5e7f68e4fd92dce203c19bc25f"),
            ("strokes-scaled?limit=30", "b9f580fe024c420590f3499f483589b61e4908e6cef18ac2457010b41e200f2d"),
            ("strokes-translated?limit=30", "ac45171f71d7c17814e4d71cc80c3dfaf44e87d6750a7af6277c57d78db13607"),
        ])
    func drawn(name: String, fingerprint: String) throws {
        let set = try DataSet.named(name)
        #expect(try set.fingerprint(of: set.load(.test), split: .test, seed: 0) == fingerprint)
    }

    /// The same of real images.
    @Test(
        "real images, their poses and clutter are those of earlier versions",
        arguments: [
            ("mnist-perturbed?limit=100", "a5d2baf46d0244c8d79a6e3818213f0687fe08b0d005c4b840530ca5a7c9191a"),
            ("mnist-rotated?limit=500", "591ca8d01bcdb7af702949d5f62d3d2008c6e3774472adce7a12e5fddf53b012"),
            ("mnist-rotated?transpose=true&limit=200", "4a45bfa603985164f4ad23545e2332dc2e111ccd40323af8a1734d5125df5489"),
            ("mnist-scaled?limit=50", "336cc36814f527070915563d40ee50bd5210c5263e64c0311a69ae209bc4bb1a"),
            ("mnist-scaled-small?limit=50", "47314a73478723aeacb5cb3ab580ff64f66b6d31365be454e8eb3124265587eb"),
            ("mnist-translated?limit=100", "d4eaba907eef3a062d7ee9747440797ec5691d57a78ae33dc185042674f70b02"),
            ("mnist?rotate=45.0&limit=200", "e5d75fd58c6f06bb348ddba1aa656bfd3ef7b0d646a76ab5e63d6c07029e18a5"),
            ("plankton-rotated?limit=50", "67500dfc0c7c8e9013929d1423c01f30b265ca6d6135ea25923e9dff7a376162"),
            ("svhn-digits?limit=50", "e359fe59e6dd55dc1264bcf74475198a8514b99555d4490782855c598f93f51f"),
        ])
    func real(name: String, fingerprint: String) throws {
        let set = try DataSet.real(name)
        let found = try set.fingerprint(of: set.load(.test, from: realData), split: .test, seed: 0)
        #expect(found == fingerprint)
    }
}
