import ZooData

/// The part of an exported module that is the same in all: reading the weights, preparing images, and the zoo's own operators in terms of
/// PyTorch's.
enum PythonLibrary {
    static let source = """

        def read_safetensors(path):
            \"\"\"https://github.com/huggingface/safetensors: a length, a JSON header, the bytes.\"\"\"
            types = {"F64": torch.float64, "F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16, "I64": torch.int64,
                     "I32": torch.int32, "I16": torch.int16, "I8": torch.int8, "U8": torch.uint8, "BOOL": torch.bool}
            data = pathlib.Path(path).read_bytes()
            (length,) = struct.unpack("<Q", data[:8])
            result = {}
            for name, entry in json.loads(data[8:8 + length]).items():
                if name == "__metadata__":
                    continue
                begin, end = (8 + length + offset for offset in entry["data_offsets"])
                flat = torch.frombuffer(bytearray(data[begin:end]), dtype=types[entry["dtype"]]) if end > begin else torch.empty(0)
                result[name] = flat.reshape(entry["shape"]).clone()
            return result


        def place(module, name):
            \"\"\"The submodule that holds `name`, made if it is not there: state_dict() then has the zoo's names.\"\"\"
            for piece in name.split(".")[:-1]:
                if piece not in module._modules:
                    module.add_module(piece, torch.nn.Module())
                module = module._modules[piece]
            return module


        def prepare(pixels):
            \"\"\"What the network takes, of N×C×H×W pixels: bytes of 0 to 255, or floating-point numbers of 0 to 1.\"\"\"
            images = pixels if pixels.is_floating_point() else pixels.float() / 255
            mean, std = (torch.tensor(v, dtype=images.dtype, device=images.device).reshape(-1, 1, 1) for v in (MEAN, STD))
            return (images - mean) / std


        def zoo_warp(images, theta, size, padding, homography):
            \"\"\"Bilinear sampling at the places that theta (N×2×3, or N×3×3 for a homography) names; align_corners = False.\"\"\"
            height, width = size
            # Places need more digits than half precision has.
            theta = theta.to(torch.promote_types(theta.dtype, torch.float32))
            ys = (torch.arange(height, dtype=theta.dtype, device=theta.device) * 2 + 1) / height - 1
            xs = (torch.arange(width, dtype=theta.dtype, device=theta.device) * 2 + 1) / width - 1
            y, x = (g.reshape(-1) for g in torch.meshgrid(ys, xs, indexing="ij"))
            places = theta[:, :, 0:1] * x + theta[:, :, 1:2] * y + theta[:, :, 2:3]
            if homography:
                places = places[:, :2] / places[:, 2:]
            return zoo_sample(images, places.transpose(1, 2).reshape(-1, height, width, 2), padding)


        def zoo_sample(images, grid, padding):
            \"\"\"Bilinear sampling at the places of `grid`, N×height×width×2, x before y; align_corners = False.\"\"\"
            wide = torch.promote_types(images.dtype, torch.float32)
            sampled = torch.nn.functional.grid_sample(images.to(wide), grid.to(wide), "bilinear", padding, align_corners=False)
            return sampled.to(images.dtype)


        def pool_act(x, pool, slope):
            \"\"\"Maximum over pool×pool windows, leaky ReLU of that slope (1: none).\"\"\"
            if pool > 1:
                x = torch.nn.functional.max_pool2d(x, pool)
            return x if slope == 1 else torch.nn.functional.leaky_relu(x, slope)


        def zoo_conv_pool_act(x, weight, bias, stride, padding, pool, slope):
            return pool_act(torch.nn.functional.conv2d(x, weight, bias, stride, padding), pool, slope)


        def zoo_fold_norm(kernels, factors):
            \"\"\"A batch norm's factors, one for each output, taken into a convolution's kernels.\"\"\"
            return kernels * factors.reshape(-1, 1, 1, 1)


        def zoo_norm_pool_act(x, weight, bias, mean, var, training, momentum, eps, group, pool, slope, dropout):
            \"\"\"Batch norm in evaluation, a parameter for every `group` channels in turn, then pooling and activation.\"\"\"
            weight, bias, mean, var = (p.repeat_interleave(group) for p in (weight, bias, mean, var))
            return pool_act(torch.nn.functional.batch_norm(x, mean, var, weight, bias, False, momentum, eps), pool, slope)

        """
}
