#include "runtime/kernel/mapping_events.h"

#include <linux/perf_event.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

namespace kernel {
namespace {

// A program's start is about ten records of 100 bytes. What does not fit is dropped by the kernel: names missing, not
// events.
constexpr std::size_t kDataPages = 32;

std::size_t page_size() {
    static const auto size = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
    return size;
}

std::size_t buffer_size() {
    return (kDataPages + 1) * page_size();
}

template <typename T>
bool take(std::span<const std::byte>& bytes, T& value) {
    if (bytes.size() < sizeof value) return false;
    std::memcpy(&value, bytes.data(), sizeof value);
    bytes = bytes.subspan(sizeof value);
    return true;
}

}  // namespace

void read_mapping_record(std::span<const std::byte> record, const MappingEvents::Handlers& handlers) {
    perf_event_header header;
    if (!take(record, header)) return;
    if (header.type == PERF_RECORD_MMAP2) {
        struct {
            std::uint32_t pid, tid;
            std::uint64_t address, length, offset;
            std::uint64_t device, inode, generation;
            std::uint32_t protection, flags;
        } body;
        if (!take(record, body)) return;
        const auto* name = reinterpret_cast<const char*>(record.data());
        Mapping mapping;
        mapping.begin = body.address;
        mapping.end = body.address + body.length;
        mapping.file_offset = body.offset;
        mapping.inode = body.inode;
        mapping.path.assign(name, record.empty() ? 0 : ::strnlen(name, record.size()));
        if (mapping.end > mapping.begin) handlers.mapped(body.pid, std::move(mapping));
    } else if (header.type == PERF_RECORD_COMM) {
        std::uint32_t pid = 0, thread = 0;
        if ((header.misc & PERF_RECORD_MISC_COMM_EXEC) != 0 && take(record, pid) && take(record, thread))
            handlers.executed(pid);
    } else if (header.type == PERF_RECORD_FORK) {
        std::uint32_t pid = 0, parent = 0;
        if (take(record, pid) && take(record, parent) && pid != parent) handlers.forked(pid, parent);
    }
}

base::Result<MappingEvents> MappingEvents::open(std::span<const int> cpus) {
    MappingEvents result;
    perf_event_attr attributes;
    std::memset(&attributes, 0, sizeof attributes);
    attributes.size = sizeof attributes;
    attributes.type = PERF_TYPE_SOFTWARE;
    attributes.config = PERF_COUNT_SW_DUMMY;
    attributes.exclude_kernel = 1;
    attributes.mmap = attributes.mmap2 = 1;
    attributes.comm = attributes.comm_exec = 1;
    attributes.task = 1;
    // A time behind every record: a process may start on one processor and map its program on another.
    attributes.sample_id_all = 1;
    attributes.sample_type = PERF_SAMPLE_TIME;
    attributes.use_clockid = 1;
    attributes.clockid = CLOCK_MONOTONIC;
    // Nobody sleeps until records come: they are looked at when a name is wanted.
    attributes.watermark = 1;
    attributes.wakeup_watermark = UINT32_MAX;
    for (const int cpu : cpus) {
        const long fd = ::syscall(__NR_perf_event_open, &attributes, -1, cpu, -1, PERF_FLAG_FD_CLOEXEC);
        if (fd < 0 && errno == ENODEV) continue;  // went offline
        if (fd < 0) return base::error_from_errno("watching mappings of processes", errno);
        Buffer buffer{.event = base::Fd(static_cast<int>(fd))};
        void* memory = ::mmap(nullptr, buffer_size(), PROT_READ | PROT_WRITE, MAP_SHARED, buffer.event.get(), 0);
        if (memory == MAP_FAILED) return base::error_from_errno("watching mappings of processes", errno);
        buffer.memory = memory;
        result.buffers_.push_back(std::move(buffer));
    }
    return result;
}

MappingEvents& MappingEvents::operator=(MappingEvents&& other) noexcept {
    if (this != &other) {
        unmap();
        buffers_ = std::exchange(other.buffers_, {});
    }
    return *this;
}

MappingEvents::~MappingEvents() {
    unmap();
}

void MappingEvents::unmap() {
    for (Buffer& buffer : buffers_)
        ::munmap(buffer.memory, buffer_size());
    buffers_.clear();
}

void MappingEvents::drain(const Handlers& handlers) {
    struct Record {
        std::uint64_t time;
        std::vector<std::byte> bytes;
    };
    std::vector<Record> records;
    for (const Buffer& buffer : buffers_) {
        auto* page = static_cast<perf_event_mmap_page*>(buffer.memory);
        const auto* data = static_cast<const std::byte*>(buffer.memory) + page_size();
        const std::size_t size = kDataPages * page_size();
        // perf_event.h: read data_head, then a read barrier; write data_tail after the data was looked at.
        const std::uint64_t head = std::atomic_ref(page->data_head).load(std::memory_order_acquire);
        std::uint64_t tail = page->data_tail;
        while (tail < head) {
            perf_event_header header;
            std::memcpy(&header, data + tail % size, sizeof header);  // records are multiples of 8: never cut here
            if (header.size < sizeof header + sizeof(std::uint64_t) || header.size > head - tail) break;
            Record& record = records.emplace_back();
            record.bytes.resize(header.size);
            const std::size_t first = std::min<std::size_t>(header.size, size - tail % size);
            std::memcpy(record.bytes.data(), data + tail % size, first);
            std::memcpy(record.bytes.data() + first, data, header.size - first);
            std::memcpy(&record.time, record.bytes.data() + header.size - sizeof record.time, sizeof record.time);
            record.bytes.resize(header.size - sizeof record.time);
            tail += header.size;
        }
        std::atomic_ref(page->data_tail).store(head, std::memory_order_release);
    }
    std::stable_sort(records.begin(), records.end(), [](const Record& a, const Record& b) { return a.time < b.time; });
    for (const Record& record : records)
        read_mapping_record(record.bytes, handlers);
}

}  // namespace kernel
