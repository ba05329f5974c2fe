#include "runtime/tracer/capture.h"

#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <fstream>
#include <iterator>

namespace {

std::string content(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

TEST(Captures, WritesAHeaderThenPackets) {
    const std::string path = testing::TempDir() + "capture_q.pcap";
    {
        tracer::Captures captures;
        const std::array bytes{std::byte{0x45}, std::byte{0x00}, std::byte{0x00}};
        ASSERT_TRUE(captures.add(path, 1'700'000'000'000'000'005, 60, bytes).ok());
        ASSERT_TRUE(captures.add(path, 1'700'000'001'000'000'000, 0, {}).ok());
    }
    const std::string text = content(path);
    ASSERT_EQ(text.size(), 24U + 16 + 3 + 16);
    EXPECT_EQ(text.substr(0, 4), "\x4d\x3c\xb2\xa1");
    std::array<std::uint32_t, 4> packet{};
    std::memcpy(packet.data(), text.data() + 24, sizeof(packet));
    EXPECT_EQ(packet[0], 1'700'000'000U);
    EXPECT_EQ(packet[1], 5U);
    EXPECT_EQ(packet[2], 3U);
    EXPECT_EQ(packet[3], 60U);
    EXPECT_EQ(text[40], '\x45');
}

TEST(Captures, ComplainsOnceAboutAFile) {
    tracer::Captures captures;
    EXPECT_FALSE(captures.add("/nowhere_q/x.pcap", 0, 0, {}).ok());
    EXPECT_TRUE(captures.add("/nowhere_q/x.pcap", 0, 0, {}).ok());
}

}  // namespace
