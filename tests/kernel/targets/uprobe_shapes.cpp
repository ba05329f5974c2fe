// C++ functions for uprobes: overloads, members, templates, base classes, objects passed by address. Built with debug
// information and without optimisation.
#include <ctime>

namespace shop {

struct Priced {
    int price = 5;
};
struct Named {
    char name[8] = "apple";
};
class Item : public Priced, public Named {
  public:
    explicit Item(int amount) : amount_(amount) {}
    Item(const Item& other) : Priced(other), Named(other), amount_(other.amount_ + 1) {}
    ~Item() { amount_ = 0; }
    __attribute__((noinline)) int add(int by) {
        amount_ += by;
        return amount_;
    }
    __attribute__((noinline)) int add(int by, char unit) const { return amount_ + by + unit; }
    static int made;

  private:
    int amount_;
};
int Item::made = 0;

__attribute__((noinline)) int sell(Item item, int at) {
    return item.price + at;
}
__attribute__((noinline)) int look(const Item& item, int& result) {
    result = item.price;
    return result;
}
template <typename T>
__attribute__((noinline)) T twice(T x) {
    volatile T r = x + x;
    return r;
}
namespace {
__attribute__((noinline)) int hidden(int x) {
    volatile int r = x;
    return r;
}
}  // namespace

}  // namespace shop

int main() {
    shop::Item item(30);
    item.add(4);
    item.add(1, 'x');
    shop::sell(item, 90);
    int result = 0;
    shop::look(item, result);
    shop::twice<long>(21);
    shop::twice<int>(-4);
    shop::hidden(3);
    const timespec nap{0, 30'000'000};
    nanosleep(&nap, nullptr);
    return 0;
}
