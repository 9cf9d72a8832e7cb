// A CUDA without a GPU, for tests: a libtorch_cuda.so whose devices are this machine's memory behind addresses that nobody may touch.
//
// libtorch dispatches tensors of these devices as it does those of GPUs. Every operator goes through one function, which computes it on
// the CPU; it refuses tensors of several devices in one call, as CUDA's operators do, and a kernel that takes a device's address
// for one of the CPU's is a SIGSEGV. So what runs on these devices mixes none up, whoever wrote it.
//
// PRETEND_DEVICES: how many there are (2). PRETEND_MEMORY: the bytes that each has (8 GiB). PRETEND_TRACE: a folder that gets a file of
// the name of each device that was used. Tests/Device/pretend.sh builds it.
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Context.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/core/stack.h>
#include <ATen/detail/CUDAHooksInterface.h>
#include <ATen/native/DispatchStub.h>
#include <ATen/ops/empty.h>
#include <c10/core/Allocator.h>
#include <c10/core/impl/DeviceGuardImplInterface.h>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>
#include <string>
#include <sys/mman.h>
#include <sys/stat.h>
#include <torch/library.h>
#include <unistd.h>
#include <unordered_map>
#include <vector>

namespace {

constexpr auto kind = c10::DeviceType::CUDA;

int64_t setting(const char *name, int64_t usual) {
  const char *text = std::getenv(name);
  return text ? std::atoll(text) : usual;
}

const auto device_count = c10::DeviceIndex(setting("PRETEND_DEVICES", 2));
thread_local c10::DeviceIndex current = 0;

// ---- Memory ------------------------------------------------------------------------------------------------------

// One file in memory, mapped twice: where devices have it, which nobody may read, and where their operators do.
class Memory final : public c10::Allocator {
public:
  Memory() {
    const int file = memfd_create("pretend", MFD_CLOEXEC);
    TORCH_CHECK(file >= 0 && ftruncate(file, size) == 0, "pretended devices get no memory");
    device = static_cast<char *>(mmap(nullptr, size, PROT_NONE, MAP_SHARED | MAP_NORESERVE, file, 0));
    host = static_cast<char *>(mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, file, 0));
    TORCH_CHECK(device != MAP_FAILED && host != MAP_FAILED, "pretended devices get no memory");
    close(file);
  }

  at::DataPtr allocate(size_t bytes) override {
    const c10::Device place(kind, current);
    if (bytes == 0) return {nullptr, nullptr, &release, place};
    std::lock_guard hold(lock);
    const size_t rounded = (bytes + 511) / 512 * 512;
    if (used.count(current) == 0) leave_trace();
    TORCH_CHECK_WITH(OutOfMemoryError, used[current] + rounded <= size_t(most), "CUDA out of memory. Tried to allocate ", bytes,
                     " bytes. GPU ", int(current), " has a total capacity of ", most, " bytes of which ", size_t(most) - used[current],
                     " are free.");
    auto &idle = free_blocks[rounded];
    size_t place_of = end;
    if (idle.empty()) {
      TORCH_CHECK_WITH(OutOfMemoryError, end + rounded <= size, "CUDA out of memory. All pretended devices are full.");
      end += rounded;
    } else {
      place_of = idle.back();
      idle.pop_back();
    }
    used[current] += rounded;
    blocks[place_of] = {rounded, current};
    return {device + place_of, device + place_of, &release, place};
  }

  at::DeleterFnPtr raw_deleter() const override { return &release; }
  void copy_data(void *to, const void *from, size_t bytes) const override { std::memcpy(host_of(to), host_of(from), bytes); }

  // Where operators find what a device has at an address.
  char *host_of(const void *address) const { return host + (static_cast<const char *>(address) - device); }

  static Memory &shared() {
    static auto &memory = *new Memory;
    return memory;
  }

private:
  static void release(void *address) {
    if (!address) return;
    auto &memory = shared();
    std::lock_guard hold(memory.lock);
    const auto place = size_t(static_cast<char *>(address) - memory.device);
    const auto [bytes, owner] = memory.blocks.at(place);
    memory.blocks.erase(place);
    memory.used[owner] -= bytes;
    memory.free_blocks[bytes].push_back(place);
  }

  void leave_trace() {
    const char *folder = std::getenv("PRETEND_TRACE");
    if (!folder) return;
    mkdir(folder, 0777);
    if (std::FILE *file = std::fopen((std::string(folder) + "/cuda:" + std::to_string(int(current))).c_str(), "w")) std::fclose(file);
  }

  static constexpr size_t size = size_t(64) << 30;
  const int64_t most = setting("PRETEND_MEMORY", int64_t(8) << 30);
  char *device, *host;
  std::mutex lock;
  size_t end = 0;
  std::map<c10::DeviceIndex, size_t> used;
  std::unordered_map<size_t, std::pair<size_t, c10::DeviceIndex>> blocks;
  std::unordered_map<size_t, std::vector<size_t>> free_blocks;
};

// ---- Devices -----------------------------------------------------------------------------------------------------

struct Guard final : c10::impl::DeviceGuardImplInterface {
  c10::DeviceType type() const override { return kind; }
  c10::Device exchangeDevice(c10::Device d) const override {
    const c10::Device before = getDevice();
    setDevice(d);
    return before;
  }
  c10::Device getDevice() const override { return {kind, current}; }
  void setDevice(c10::Device d) const override {
    if (d.index() >= 0) current = d.index();
  }
  void uncheckedSetDevice(c10::Device d) const noexcept override {
    if (d.index() >= 0) current = d.index();
  }
  c10::Stream getStream(c10::Device d) const noexcept override {
    return c10::Stream(c10::Stream::DEFAULT, d.has_index() ? d : getDevice());
  }
  c10::Stream getDefaultStream(c10::Device d) const override { return getStream(d); }
  c10::Stream getNewStream(c10::Device d, int) const override { return getStream(d); }
  c10::Stream exchangeStream(c10::Stream s) const noexcept override { return getStream(s.device()); }
  c10::DeviceIndex deviceCount() const noexcept override { return device_count; }
  void record(void **, const c10::Stream &, const c10::DeviceIndex, const c10::EventFlag) const override {}
  void block(void *, const c10::Stream &) const override {}
  bool queryEvent(void *) const override { return true; }
  void destroyEvent(void *, const c10::DeviceIndex) const noexcept override {}
  bool queryStream(const c10::Stream &) const override { return true; }
  void synchronizeStream(const c10::Stream &) const override {}
};
C10_REGISTER_GUARD_IMPL(CUDA, Guard)

// A device's random numbers: those of a CPU's generator of its own.
struct Numbers final : c10::GeneratorImpl {
  explicit Numbers(c10::DeviceIndex index)
      : GeneratorImpl(c10::Device(kind, index), c10::DispatchKeySet(c10::DispatchKey::CUDA)), inner(at::detail::createCPUGenerator()) {}
  void set_current_seed(uint64_t seed) override { inner.set_current_seed(seed); }
  void set_offset(uint64_t offset) override { inner.set_offset(offset); }
  uint64_t get_offset() const override { return inner.get_offset(); }
  uint64_t current_seed() const override { return inner.current_seed(); }
  uint64_t seed() override { return inner.seed(); }
  void set_state(const c10::TensorImpl &state) override { inner.unsafeGetGeneratorImpl()->set_state(state); }
  c10::intrusive_ptr<c10::TensorImpl> get_state() const override { return inner.unsafeGetGeneratorImpl()->get_state(); }
  Numbers *clone_impl() const override {
    auto *copy = new Numbers(device().index());
    copy->inner = inner.clone();
    return copy;
  }
  at::Generator inner;
};

const at::Generator &numbers(c10::DeviceIndex index) {
  static auto &all = *new std::vector<at::Generator>([] {
    std::vector<at::Generator> list;
    for (c10::DeviceIndex i = 0; i < device_count; i++) list.push_back(at::make_generator<Numbers>(i));
    return list;
  }());
  return all.at(size_t(index < 0 ? current : index));
}

// The registry creates a class of this name.
struct CUDAHooks final : at::CUDAHooksInterface {
  explicit CUDAHooks(at::CUDAHooksArgs) {}
  void init() const override {}
  const at::Generator &getDefaultGenerator(c10::DeviceIndex index) const override { return numbers(index); }
  at::Generator getNewGenerator(c10::DeviceIndex index) const override { return at::make_generator<Numbers>(index < 0 ? current : index); }
  bool isBuilt() const override { return true; }
  bool isAvailable() const override { return device_count > 0; }
  bool hasCUDA() const override { return device_count > 0; }
  bool hasCUDART() const override { return true; }
  bool hasPrimaryContext(c10::DeviceIndex) const override { return true; }
  c10::DeviceIndex deviceCount() const override { return device_count; }
  int getNumGPUs() const override { return device_count; }
  c10::DeviceIndex current_device() const override { return current; }
  c10::DeviceIndex getCurrentDevice() const override { return current; }
  void setCurrentDevice(c10::DeviceIndex index) const override { current = index; }
  c10::DeviceIndex exchangeDevice(c10::DeviceIndex index) const override { return std::exchange(current, index); }
  c10::DeviceIndex maybeExchangeDevice(c10::DeviceIndex index) const override { return std::exchange(current, index); }
  long versionCUDART() const override { return 13000; }
  void deviceSynchronize(c10::DeviceIndex) const override {}
};
using at::CUDAHooksRegistry, at::RegistererCUDAHooksRegistry;
REGISTER_CUDA_HOOKS(CUDAHooks)

// ---- Operators ---------------------------------------------------------------------------------------------------

// One call of an operator: its tensors as the CPU sees them, and back.
struct Call {
  explicit Call(const c10::OperatorHandle &op) : name(op.operator_name()) {}

  // What operators of CUDA's take from the CPU, too: what copies between devices, places to look at, and single numbers.
  bool takes(const at::Tensor &t) const { return t.dim() == 0 || name.name == "aten::copy_" || name.name == "aten::index"; }

  void meet(c10::Device found) {
    TORCH_CHECK(!device || *device == found, "Expected all tensors to be on the same device, but found at least two devices, ", *device,
                " and ", found, " (", name, ")");
    device = found;
  }

  // An argument as the CPU sees it.
  c10::IValue lowered(const c10::IValue &value) {
    if (value.isTensor()) return alias(value.toTensor());
    if (value.isTensorList()) {
      c10::List<at::Tensor> list;
      for (const at::Tensor &t : value.toTensorVector()) list.push_back(alias(t));
      return list;
    }
    if (value.isOptionalTensorList()) {
      c10::List<std::optional<at::Tensor>> list;
      for (const std::optional<at::Tensor> &t : value.toOptionalTensorVector()) list.push_back(t ? std::optional(alias(*t)) : std::nullopt);
      return list;
    }
    if (value.isDevice() && value.toDevice().type() == kind) {
      const auto found = value.toDevice();
      meet(found.has_index() ? found : c10::Device(kind, current));
      return c10::Device(c10::DeviceType::CPU);
    }
    if (value.isGenerator() && value.toGenerator().device().type() == kind)
      return static_cast<Numbers *>(value.toGenerator().unsafeGetGeneratorImpl())->inner;
    return value;
  }

  // A result as its device has it.
  c10::IValue raised(const c10::IValue &value) {
    if (value.isTensor()) return raise(value.toTensor());
    if (value.isTensorList()) {
      c10::List<at::Tensor> list;
      for (const at::Tensor &t : value.toTensorVector()) list.push_back(raise(t));
      return list;
    }
    return value;
  }

  std::optional<c10::Device> device;

private:
  at::Tensor alias(const at::Tensor &t) {
    if (!t.defined()) return t;
    if (t.device().type() != kind) {
      if (!takes(t)) strangers.push_back(t.device());
      return t;
    }
    meet(t.device());
    auto &storage = storages[t.storage().unsafeGetStorageImpl()];
    if (!storage) {
      void *memory = t.storage().nbytes() == 0 ? nullptr : Memory::shared().host_of(t.storage().data());
      storage = c10::Storage(c10::Storage::use_byte_size_t(), t.storage().nbytes(), at::DataPtr(memory, c10::Device(c10::DeviceType::CPU)),
                             c10::GetAllocator(c10::DeviceType::CPU), true);
      owners[storage->unsafeGetStorageImpl()] = t.storage();
    }
    auto made = at::detail::make_tensor<c10::TensorImpl>(c10::Storage(*storage), c10::DispatchKeySet(c10::DispatchKey::CPU), t.dtype());
    auto *impl = made.unsafeGetTensorImpl();
    impl->set_storage_offset(t.storage_offset());
    impl->set_sizes_and_strides(t.sizes(), t.strides());
    if (t.is_conj()) made._set_conj(true);
    originals.emplace(impl, t);
    kept.push_back(made);
    return made;
  }

  at::Tensor raise(const at::Tensor &t) {
    if (!t.defined() || t.device().type() == kind) return t;
    const auto *impl = t.unsafeGetTensorImpl();
    if (auto found = originals.find(impl); found != originals.end()) {
      resize(found->second, t);
      return found->second;
    }
    for (const auto &cpu : cpu_arguments)
      if (cpu.unsafeGetTensorImpl() == impl) return t;
    // A view needs all of its keys named.
    const auto keys = c10::DispatchKeySet(c10::DispatchKey::CUDA) |
                      c10::getAutogradRelatedKeySetFromBackend(c10::BackendComponent::CUDABit) |
                      c10::getAutocastRelatedKeySetFromBackend(c10::BackendComponent::CUDABit);
    const auto owner = owners.find(t.storage().unsafeGetStorageImpl());
    at::Tensor made;
    if (owner != owners.end()) {
      made = at::detail::make_tensor<c10::TensorImpl>(c10::TensorImpl::VIEW, c10::Storage(owner->second), keys, t.dtype());
      made.unsafeGetTensorImpl()->set_storage_offset(t.storage_offset());
    } else {
      int64_t span = t.numel() > 0 ? 1 : 0;
      for (int64_t i = 0; i < t.dim() && span > 0; i++) span += (t.size(i) - 1) * t.stride(i);
      const size_t bytes = size_t(span) * t.itemsize();
      c10::Device place = device.value_or(c10::Device(kind, current));
      const auto before = std::exchange(current, place.index());
      auto memory = Memory::shared().allocate(bytes);
      current = before;
      if (bytes > 0) std::memcpy(Memory::shared().host_of(memory.get()), t.const_data_ptr(), bytes);
      made = at::detail::make_tensor<c10::TensorImpl>(
          c10::Storage(c10::Storage::use_byte_size_t(), bytes, std::move(memory), &Memory::shared(), true), keys, t.dtype());
    }
    made.unsafeGetTensorImpl()->set_sizes_and_strides(t.sizes(), t.strides());
    return made;
  }

  // What an operator has made its output's size.
  void resize(const at::Tensor &original, const at::Tensor &now) {
    auto *impl = original.unsafeGetTensorImpl();
    auto storage = original.storage();
    if (now.storage().nbytes() != storage.nbytes()) {
      const auto before = std::exchange(current, original.device().index());
      auto memory = Memory::shared().allocate(now.storage().nbytes());
      current = before;
      std::memcpy(Memory::shared().host_of(memory.get()), now.storage().data(), now.storage().nbytes());
      storage.set_data_ptr_noswap(std::move(memory));
      storage.set_nbytes(now.storage().nbytes());
    }
    if (now.sizes() != original.sizes() || now.strides() != original.strides()) impl->set_sizes_and_strides(now.sizes(), now.strides());
  }

public:
  void check() const {
    if (device && !strangers.empty())
      TORCH_CHECK(false, "Expected all tensors to be on the same device, but found at least two devices, ", *device, " and ",
                  strangers.front(), " (", name, ")");
  }
  std::vector<at::Tensor> cpu_arguments;

private:
  c10::OperatorName name;
  std::vector<c10::Device> strangers;
  std::vector<at::Tensor> kept;
  std::unordered_map<const c10::StorageImpl *, std::optional<c10::Storage>> storages;
  std::unordered_map<const c10::StorageImpl *, c10::Storage> owners;
  std::unordered_map<const c10::TensorImpl *, at::Tensor> originals;
};

// The CPU's default generator goes on as the device's while an operator draws.
class Borrowed {
public:
  explicit Borrowed(c10::DeviceIndex index)
      : standard(at::detail::getDefaultCPUGenerator()), device(static_cast<Numbers *>(numbers(index).unsafeGetGeneratorImpl())->inner),
        before(standard.get_state()) {
    standard.set_state(device.get_state());
  }
  ~Borrowed() {
    device.set_state(standard.get_state());
    standard.set_state(before);
  }

private:
  at::Generator standard;
  at::Generator &device;
  at::Tensor before;
};

void on_the_cpu(const c10::OperatorHandle &op, torch::jit::Stack *stack) {
  const auto count = op.schema().arguments().size();
  Call call(op);
  std::vector<c10::IValue> arguments = torch::jit::last(*stack, count).vec();
  torch::jit::drop(*stack, count);
  torch::jit::Stack inner;
  for (const auto &value : arguments) {
    if (value.isTensor() && value.toTensor().defined() && value.toTensor().is_cpu()) call.cpu_arguments.push_back(value.toTensor());
    inner.push_back(call.lowered(value));
  }
  call.check();
  {
    std::optional<Borrowed> borrowed;
    if (op.hasTag(at::Tag::nondeterministic_seeded)) borrowed.emplace(call.device ? call.device->index() : current);
    op.callBoxed(&inner);
  }
  for (const auto &value : inner) stack->push_back(call.raised(value));
}

TORCH_LIBRARY_IMPL(_, CUDA, m) { m.fallback(torch::CppFunction::makeFromBoxedFunction<&on_the_cpu>()); }

// These are made of others on the CPU, in ways that hold for real devices only.
TORCH_LIBRARY_IMPL(aten, CUDA, m) {
  for (const char *name : {"copy_", "convolution", "convolution_backward"})
    m.impl(name, torch::CppFunction::makeFromBoxedFunction<&on_the_cpu>());
}

const bool installed = (c10::SetAllocator(kind, &Memory::shared()), true);

} // namespace
