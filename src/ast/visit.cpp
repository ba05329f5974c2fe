#include "src/ast/visit.h"

namespace ast {

std::string_view spelling(BinaryOp op) {
    switch (op) {
        case BinaryOp::multiply: return "*";
        case BinaryOp::divide: return "/";
        case BinaryOp::modulo: return "%";
        case BinaryOp::add: return "+";
        case BinaryOp::subtract: return "-";
        case BinaryOp::shift_left: return "<<";
        case BinaryOp::shift_right: return ">>";
        case BinaryOp::less: return "<";
        case BinaryOp::less_equal: return "<=";
        case BinaryOp::greater: return ">";
        case BinaryOp::greater_equal: return ">=";
        case BinaryOp::equal: return "==";
        case BinaryOp::not_equal: return "!=";
        case BinaryOp::bit_and: return "&";
        case BinaryOp::bit_xor: return "^";
        case BinaryOp::bit_or: return "|";
        case BinaryOp::logical_and: return "&&";
        case BinaryOp::logical_or: return "||";
    }
    BUG("a binary operator of no kind");
}

std::string_view spelling(UnaryOp op) {
    switch (op) {
        case UnaryOp::logical_not: return "!";
        case UnaryOp::bit_not: return "~";
        case UnaryOp::negate: return "-";
        case UnaryOp::dereference: return "*";
    }
    BUG("a unary operator of no kind");
}

}  // namespace ast
