import Foundation
import Testing

extension PyTorchTests {
    /// Entries of every wiring, with their shipped weights, against PyTorch running what was exported: as it is, traced
    /// and exported at other numbers of images, and in other precisions.
    @Test(.enabled(if: hasPyTorch, "needs PyTorch for Python in .venv"))
    func exportedEntriesGiveTheSameLogitsInPyTorch() throws {
        let entries = [
            "cnn", "stn-c0", "stn-c0-similarity", "stn-c0-x2", "stn-c0-tps", "stn-c0-homography", "stn-c1", "stn-sl1", "ic-stn-affine",
            "ic-stn-homography", "cnn-bn", "small-cnn", "p4-cnn", "cw-z2cnn", "polar", "fovmax",
        ]
        try Scratch.with { scratch in
            let folder = scratch.folder.path
            for entry in entries {
                let weights = ["polar", "fovmax"].contains(entry) ? ["--weights", "initial"] : []
                let exported = try ZooProcess.run(
                    ["export", entry, "--output", folder, "--check", "\(folder)/\(entry).check"] + weights)
                try #require(exported.status == 0, "\(exported.errors)")
            }
            let compare = try scratch.file(
                "compare.py",
                """
                import importlib, json, sys, torch, warnings
                warnings.filterwarnings("error", category=torch.jit.TracerWarning)
                folder, entries = sys.argv[1], sys.argv[2:]
                sys.path.insert(0, folder)
                results = {}
                for entry in entries:
                    module = importlib.import_module(entry.replace("-", "_"))
                    check = module.read_safetensors(f"{folder}/{entry}.check")
                    images, logits = module.prepare(check["pixels"]), check["logits"]
                    model = module.Model()
                    def off(result, expected=logits):
                        return ((result.float() - expected).abs().max() / logits.abs().max()).item()
                    found = results[entry] = {"prepare": (images - check["input"]).abs().max().item()}
                    result = model(images)
                    result.sum().backward()
                    assert all(p.grad is None or p.grad.isfinite().all() for p in model.parameters())
                    assert any(p.grad is not None for p in model.parameters())
                    found["plain"] = off(result.detach())
                    with torch.no_grad():
                        traced = torch.jit.trace(model, images[:2], check_trace=False)
                        found["traced"] = off(traced(images))
                        found["traced, one image"] = off(traced(images[:1]), logits[:1])
                        if entry in ("p4-cnn", "stn-c0-homography"):
                            program = torch.export.export(model, (images[:2],), dynamic_shapes=({0: torch.export.Dim("n")},)).module()
                            found["exported"] = off(program(images))
                            found["exported, one image"] = off(program(images[:1]), logits[:1])
                        for dtype in (torch.float64, torch.float16, torch.bfloat16):
                            result = module.Model().to(dtype)(images.to(dtype))
                            assert result.dtype == dtype
                            found[str(dtype)] = off(result)
                print(json.dumps(results))
                """)
            let result = try ZooProcess.execute(Self.python, [compare.path, folder] + entries, ZooProcess.environment())
            try #require(result.status == 0, "\(result.errors.suffix(2000))")
            let results = try json(result.output, as: [String: [String: Double]].self)
            #expect(results.count == entries.count)
            for (entry, found) in results {
                for (way, difference) in found {
                    // Relative to the largest logit: float32 through convolutions and, in some, several warps whose
                    // places are rounded; with 11 and 8 bits of precision, what a few layers and poses make of their
                    // rounding.
                    let tolerance =
                        switch way {
                        case "torch.float16": 0.03
                        case "torch.bfloat16": 0.2
                        default: 2e-4
                        }
                    #expect(difference < tolerance, "\(entry), \(way)")
                }
            }
        }
    }
}
