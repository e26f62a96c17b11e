// clang-format off
// Made by scripts/native-manifest.mjs from the op catalogue (lib/graph/ops).
//
// The ops by name: the numbers of their operands, results and attributes, and, at the end, the table of all.
// native/ops/<family>.cc defines what is declared here: const Implementation ops::lstm::implementation = {checkLstm, runLstm};
#pragma once

#include "ops/operation.h"

namespace ostinato {
namespace ops {

struct adagrad {
  enum Operand { weight, square, gradient, scale, learningRate };
  enum Attribute { epsilon, weightDecay };
  static const Implementation implementation;
};

struct adam {
  enum Operand { weight, m, v, gradient, scale, learningRate, step };
  enum Attribute { beta1, beta2, epsilon, weightDecay, decoupled };
  static const Implementation implementation;
};

struct add {
  enum Operand { a, b };
  enum Result { y };
  static const Implementation implementation;
};

struct additiveGradient {
  enum Operand { query, dscores, keys, v };
  enum Result { dkeys, dv };
  static const Implementation implementation;
};

struct affine {
  enum Operand { x };
  enum Result { y };
  enum Attribute { scale, shift };
  static const Implementation implementation;
};

struct assign {
  enum Operand { variable, x, guard };
  static const Implementation implementation;
};

struct attention {
  enum Operand { query, keys, values, v, lengths };
  enum Result { context, weights };
  enum Attribute { scale };
  static const Implementation implementation;
};

struct attentionGradient {
  enum Operand { query, keys, values, v, lengths, weights, dcontext, dweights };
  enum Result { dquery, dscores };
  enum Attribute { scale };
  static const Implementation implementation;
};

struct attentionSum {
  enum Operand { factors, rows };
  enum Result { sums };
  static const Implementation implementation;
};

struct broadcastTo {
  enum Operand { x };
  enum Result { y };
  static const Implementation implementation;
};

struct clamp {
  enum Operand { x, limit };
  enum Result { y };
  static const Implementation implementation;
};

struct clampGradient {
  enum Operand { x, limit, dy };
  enum Result { dx, dlimit };
  static const Implementation implementation;
};

struct clipScale {
  enum Operand { norm, maxNorm };
  enum Result { scale };
  static const Implementation implementation;
};

struct concat {
  enum Operand { tensors };
  enum Result { y };
  enum Attribute { axis };
  static const Implementation implementation;
};

struct copy {
  enum Operand { x };
  enum Result { y };
  static const Implementation implementation;
};

struct divide {
  enum Operand { a, b };
  enum Result { y };
  static const Implementation implementation;
};

struct dropout {
  enum Operand { x, rate, random };
  enum Result { y };
  enum Attribute { stream, overTime };
  static const Implementation implementation;
};

struct embedding {
  enum Operand { weight, ids };
  enum Result { y };
  static const Implementation implementation;
};

struct embeddingGradient {
  enum Operand { ids, dy };
  enum Result { dweight };
  enum Attribute { V };
  static const Implementation implementation;
};

struct exp {
  enum Operand { x };
  enum Result { y };
  static const Implementation implementation;
};

struct follow {
  enum Operand { states, ids, classOf, next };
  enum Result { after };
  static const Implementation implementation;
};

struct globalNorm {
  enum Operand { gradients };
  enum Result { norm, norms };
  static const Implementation implementation;
};

struct gru {
  enum Operand { x, h0, weight_ih, weight_hh, bias_ih, bias_hh, lengths };
  enum Result { y, hLast, gates };
  enum Attribute { resetAfter, reverse };
  static const Implementation implementation;
};

struct gruCell {
  enum Operand { a, p, h };
  enum Result { hNext, gates };
  static const Implementation implementation;
};

struct gruCellGradient {
  enum Operand { gates, p, h, dhNext };
  enum Result { da, dp, dh };
  static const Implementation implementation;
};

struct gruGradient {
  enum Operand { x, h0, weight_ih, weight_hh, bias_hh, lengths, y, gates, dy, dhLast };
  enum Result { dx, dh0, dweight_ih, dweight_hh, dbias_ih, dbias_hh };
  enum Attribute { resetAfter, reverse };
  static const Implementation implementation;
};

struct layerNorm {
  enum Operand { x, gain, bias };
  enum Result { y, mean, inverseDeviation };
  enum Attribute { epsilon };
  static const Implementation implementation;
};

struct layerNormGradient {
  enum Operand { x, gain, mean, inverseDeviation, dy };
  enum Result { dx, dgain, dbias };
  static const Implementation implementation;
};

struct linear {
  enum Operand { x, weight, bias };
  enum Result { y };
  static const Implementation implementation;
};

struct linearCrossEntropy {
  enum Operand { x, weight, bias, targets };
  enum Result { losses, count, normalizers, logits };
  static const Implementation implementation;
};

struct linearCrossEntropyGradient {
  enum Operand { x, weight, bias, targets, normalizers, logits, dlosses };
  enum Result { dx, dweight, dbias };
  static const Implementation implementation;
};

struct log {
  enum Operand { x };
  enum Result { y };
  static const Implementation implementation;
};

struct logSoftmax {
  enum Operand { x };
  enum Result { y };
  static const Implementation implementation;
};

struct logSoftmaxGradient {
  enum Operand { y, dy };
  enum Result { dx };
  static const Implementation implementation;
};

struct lstm {
  enum Operand { x, h0, c0, weight_ih, weight_hh, bias_ih, bias_hh, lengths };
  enum Result { y, hLast, cLast, gates, cells };
  enum Attribute { reverse };
  static const Implementation implementation;
};

struct lstmCell {
  enum Operand { a, c };
  enum Result { h, cNext, gates };
  static const Implementation implementation;
};

struct lstmCellGradient {
  enum Operand { gates, c, cNext, dh, dcNext };
  enum Result { da, dc };
  static const Implementation implementation;
};

struct lstmGradient {
  enum Operand { x, h0, c0, weight_ih, weight_hh, lengths, y, gates, cells, dy, dhLast, dcLast };
  enum Result { dx, dh0, dc0, dweight_ih, dweight_hh, dbias };
  enum Attribute { reverse };
  static const Implementation implementation;
};

struct mask {
  enum Operand { x, lengths };
  enum Result { y };
  static const Implementation implementation;
};

struct matmul {
  enum Operand { a, b };
  enum Result { y };
  enum Attribute { transposeA, transposeB };
  static const Implementation implementation;
};

struct max {
  enum Operand { x };
  enum Result { y, index };
  enum Attribute { axis };
  static const Implementation implementation;
};

struct maxGradient {
  enum Operand { index, dy };
  enum Result { dx };
  enum Attribute { axis };
  static const Implementation implementation;
};

struct multiply {
  enum Operand { a, b };
  enum Result { y };
  static const Implementation implementation;
};

struct pad {
  enum Operand { x };
  enum Result { y };
  enum Attribute { axis, before, after };
  static const Implementation implementation;
};

struct pick {
  enum Operand { x, ids };
  enum Result { y };
  static const Implementation implementation;
};

struct pickGradient {
  enum Operand { ids, dy };
  enum Result { dx };
  enum Attribute { V };
  static const Implementation implementation;
};

struct relu {
  enum Operand { x };
  enum Result { y };
  static const Implementation implementation;
};

struct reluGradient {
  enum Operand { y, dy };
  enum Result { dx };
  static const Implementation implementation;
};

struct reshape {
  enum Operand { x };
  enum Result { y };
  static const Implementation implementation;
};

struct restart {
  enum Operand { ids };
  enum Result { read, keep };
  enum Attribute { begin, end };
  static const Implementation implementation;
};

struct rmsprop {
  enum Operand { weight, square, velocity, gradient, scale, learningRate };
  enum Attribute { alpha, epsilon, momentum, weightDecay };
  static const Implementation implementation;
};

struct rnn {
  enum Operand { x, h0, weight_ih, weight_hh, bias_ih, bias_hh, lengths };
  enum Result { y, hLast };
  enum Attribute { activation, reverse };
  static const Implementation implementation;
};

struct rnnGradient {
  enum Operand { x, h0, weight_ih, weight_hh, lengths, y, dy, dhLast };
  enum Result { dx, dh0, dweight_ih, dweight_hh, dbias };
  enum Attribute { activation, reverse };
  static const Implementation implementation;
};

struct sample {
  enum Operand { logits, temperature, topK, topP, random };
  enum Result { ids, logProbability };
  static const Implementation implementation;
};

struct sgd {
  enum Operand { weight, gradient, scale, learningRate, velocity, ids };
  enum Attribute { momentum, nesterov, weightDecay };
  static const Implementation implementation;
};

struct sigmoid {
  enum Operand { x };
  enum Result { y };
  static const Implementation implementation;
};

struct sigmoidGradient {
  enum Operand { y, dy };
  enum Result { dx };
  static const Implementation implementation;
};

struct slice {
  enum Operand { x };
  enum Result { y };
  enum Attribute { axis, start, end };
  static const Implementation implementation;
};

struct softmax {
  enum Operand { x };
  enum Result { y };
  static const Implementation implementation;
};

struct softmaxGradient {
  enum Operand { y, dy };
  enum Result { dx };
  static const Implementation implementation;
};

struct sqrt {
  enum Operand { x };
  enum Result { y };
  static const Implementation implementation;
};

struct square {
  enum Operand { x };
  enum Result { y };
  static const Implementation implementation;
};

struct subtract {
  enum Operand { a, b };
  enum Result { y };
  static const Implementation implementation;
};

struct sumRows {
  enum Operand { ids, rows };
  enum Result { unique, sums };
  enum Attribute { V };
  static const Implementation implementation;
};

struct sumTo {
  enum Operand { x };
  enum Result { y };
  static const Implementation implementation;
};

struct tanh {
  enum Operand { x };
  enum Result { y };
  static const Implementation implementation;
};

struct tanhGradient {
  enum Operand { y, dy };
  enum Result { dx };
  static const Implementation implementation;
};

struct transpose {
  enum Operand { x };
  enum Result { y };
  enum Attribute { axis0, axis1 };
  static const Implementation implementation;
};

inline constexpr Operation kTable[] = {
    {"adagrad", {"weight", "square", "gradient", "scale", "learningRate"}, {}, {"epsilon", "weightDecay"}, 0, 0, 1u << adagrad::weight | 1u << adagrad::square, 0, false, false, adagrad::implementation},
    {"adam", {"weight", "m", "v", "gradient", "scale", "learningRate", "step"}, {}, {"beta1", "beta2", "epsilon", "weightDecay", "decoupled"}, 0, 0, 1u << adam::weight | 1u << adam::m | 1u << adam::v, 0, false, false, adam::implementation},
    {"add", {"a", "b"}, {"y"}, {}, 0, 0, 0, 0, false, false, add::implementation},
    {"additiveGradient", {"query", "dscores", "keys", "v"}, {"dkeys", "dv"}, {}, 0, 0, 0, 0, false, false, additiveGradient::implementation},
    {"affine", {"x"}, {"y"}, {"scale", "shift"}, 0, 0, 0, 0, false, false, affine::implementation},
    {"assign", {"variable", "x", "guard"}, {}, {}, 1u << assign::guard, 0, 1u << assign::variable, 0, false, false, assign::implementation},
    {"attention", {"query", "keys", "values", "v", "lengths"}, {"context", "weights"}, {"scale"}, 1u << attention::v | 1u << attention::lengths, 1u << attention::weights, 0, 0, false, false, attention::implementation},
    {"attentionGradient", {"query", "keys", "values", "v", "lengths", "weights", "dcontext", "dweights"}, {"dquery", "dscores"}, {"scale"}, 1u << attentionGradient::v | 1u << attentionGradient::lengths | 1u << attentionGradient::dcontext | 1u << attentionGradient::dweights, 0, 0, 0, false, false, attentionGradient::implementation},
    {"attentionSum", {"factors", "rows"}, {"sums"}, {}, 0, 0, 0, 0, false, false, attentionSum::implementation},
    {"broadcastTo", {"x"}, {"y"}, {}, 0, 0, 0, 0, false, false, broadcastTo::implementation},
    {"clamp", {"x", "limit"}, {"y"}, {}, 0, 0, 0, 0, false, false, clamp::implementation},
    {"clampGradient", {"x", "limit", "dy"}, {"dx", "dlimit"}, {}, 0, 1u << clampGradient::dx | 1u << clampGradient::dlimit, 0, 0, false, false, clampGradient::implementation},
    {"clipScale", {"norm", "maxNorm"}, {"scale"}, {}, 0, 0, 0, 0, false, false, clipScale::implementation},
    {"concat", {"tensors"}, {"y"}, {"axis"}, 0, 0, 0, 0, true, false, concat::implementation},
    {"copy", {"x"}, {"y"}, {}, 0, 0, 0, 0, false, false, copy::implementation},
    {"divide", {"a", "b"}, {"y"}, {}, 0, 0, 0, 0, false, false, divide::implementation},
    {"dropout", {"x", "rate", "random"}, {"y"}, {"stream", "overTime"}, 0, 0, 0, 0, false, false, dropout::implementation},
    {"embedding", {"weight", "ids"}, {"y"}, {}, 0, 0, 0, 0, false, false, embedding::implementation},
    {"embeddingGradient", {"ids", "dy"}, {"dweight"}, {"V"}, 0, 0, 0, 0, false, false, embeddingGradient::implementation},
    {"exp", {"x"}, {"y"}, {}, 0, 0, 0, 0, false, false, exp::implementation},
    {"follow", {"states", "ids", "classOf", "next"}, {"after"}, {}, 0, 0, 0, 0, false, false, follow::implementation},
    {"globalNorm", {"gradients"}, {"norm", "norms"}, {}, 0, 0, 0, 0, true, false, globalNorm::implementation},
    {"gru", {"x", "h0", "weight_ih", "weight_hh", "bias_ih", "bias_hh", "lengths"}, {"y", "hLast", "gates"}, {"resetAfter", "reverse"}, 1u << gru::bias_ih | 1u << gru::bias_hh | 1u << gru::lengths, 1u << gru::gates, 0, 0, false, false, gru::implementation},
    {"gruCell", {"a", "p", "h"}, {"hNext", "gates"}, {}, 0, 1u << gruCell::gates, 0, 0, false, false, gruCell::implementation},
    {"gruCellGradient", {"gates", "p", "h", "dhNext"}, {"da", "dp", "dh"}, {}, 0, 0, 0, 0, false, false, gruCellGradient::implementation},
    {"gruGradient", {"x", "h0", "weight_ih", "weight_hh", "bias_hh", "lengths", "y", "gates", "dy", "dhLast"}, {"dx", "dh0", "dweight_ih", "dweight_hh", "dbias_ih", "dbias_hh"}, {"resetAfter", "reverse"}, 1u << gruGradient::bias_hh | 1u << gruGradient::lengths | 1u << gruGradient::dy | 1u << gruGradient::dhLast, 1u << gruGradient::dx, 0, 1u << gruGradient::gates, false, false, gruGradient::implementation},
    {"layerNorm", {"x", "gain", "bias"}, {"y", "mean", "inverseDeviation"}, {"epsilon"}, 0, 1u << layerNorm::mean | 1u << layerNorm::inverseDeviation, 0, 0, false, false, layerNorm::implementation},
    {"layerNormGradient", {"x", "gain", "mean", "inverseDeviation", "dy"}, {"dx", "dgain", "dbias"}, {}, 0, 0, 0, 0, false, false, layerNormGradient::implementation},
    {"linear", {"x", "weight", "bias"}, {"y"}, {}, 1u << linear::bias, 0, 0, 0, false, false, linear::implementation},
    {"linearCrossEntropy", {"x", "weight", "bias", "targets"}, {"losses", "count", "normalizers", "logits"}, {}, 1u << linearCrossEntropy::bias, 1u << linearCrossEntropy::normalizers | 1u << linearCrossEntropy::logits, 0, 0, false, false, linearCrossEntropy::implementation},
    {"linearCrossEntropyGradient", {"x", "weight", "bias", "targets", "normalizers", "logits", "dlosses"}, {"dx", "dweight", "dbias"}, {}, 1u << linearCrossEntropyGradient::bias, 1u << linearCrossEntropyGradient::dbias, 0, 1u << linearCrossEntropyGradient::logits, false, false, linearCrossEntropyGradient::implementation},
    {"log", {"x"}, {"y"}, {}, 0, 0, 0, 0, false, false, log::implementation},
    {"logSoftmax", {"x"}, {"y"}, {}, 0, 0, 0, 0, false, false, logSoftmax::implementation},
    {"logSoftmaxGradient", {"y", "dy"}, {"dx"}, {}, 0, 0, 0, 0, false, false, logSoftmaxGradient::implementation},
    {"lstm", {"x", "h0", "c0", "weight_ih", "weight_hh", "bias_ih", "bias_hh", "lengths"}, {"y", "hLast", "cLast", "gates", "cells"}, {"reverse"}, 1u << lstm::bias_ih | 1u << lstm::bias_hh | 1u << lstm::lengths, 1u << lstm::gates | 1u << lstm::cells, 0, 0, false, false, lstm::implementation},
    {"lstmCell", {"a", "c"}, {"h", "cNext", "gates"}, {}, 0, 1u << lstmCell::gates, 0, 0, false, false, lstmCell::implementation},
    {"lstmCellGradient", {"gates", "c", "cNext", "dh", "dcNext"}, {"da", "dc"}, {}, 1u << lstmCellGradient::dh | 1u << lstmCellGradient::dcNext, 0, 0, 0, false, false, lstmCellGradient::implementation},
    {"lstmGradient", {"x", "h0", "c0", "weight_ih", "weight_hh", "lengths", "y", "gates", "cells", "dy", "dhLast", "dcLast"}, {"dx", "dh0", "dc0", "dweight_ih", "dweight_hh", "dbias"}, {"reverse"}, 1u << lstmGradient::lengths | 1u << lstmGradient::dy | 1u << lstmGradient::dhLast | 1u << lstmGradient::dcLast, 1u << lstmGradient::dx, 0, 1u << lstmGradient::gates, false, false, lstmGradient::implementation},
    {"mask", {"x", "lengths"}, {"y"}, {}, 0, 0, 0, 0, false, false, mask::implementation},
    {"matmul", {"a", "b"}, {"y"}, {"transposeA", "transposeB"}, 0, 0, 0, 0, false, false, matmul::implementation},
    {"max", {"x"}, {"y", "index"}, {"axis"}, 0, 1u << max::index, 0, 0, false, false, max::implementation},
    {"maxGradient", {"index", "dy"}, {"dx"}, {"axis"}, 0, 0, 0, 0, false, false, maxGradient::implementation},
    {"multiply", {"a", "b"}, {"y"}, {}, 0, 0, 0, 0, false, false, multiply::implementation},
    {"pad", {"x"}, {"y"}, {"axis", "before", "after"}, 0, 0, 0, 0, false, false, pad::implementation},
    {"pick", {"x", "ids"}, {"y"}, {}, 0, 0, 0, 0, false, false, pick::implementation},
    {"pickGradient", {"ids", "dy"}, {"dx"}, {"V"}, 0, 0, 0, 0, false, false, pickGradient::implementation},
    {"relu", {"x"}, {"y"}, {}, 0, 0, 0, 0, false, false, relu::implementation},
    {"reluGradient", {"y", "dy"}, {"dx"}, {}, 0, 0, 0, 0, false, false, reluGradient::implementation},
    {"reshape", {"x"}, {"y"}, {}, 0, 0, 0, 0, false, true, reshape::implementation},
    {"restart", {"ids"}, {"read", "keep"}, {"begin", "end"}, 0, 0, 0, 0, false, false, restart::implementation},
    {"rmsprop", {"weight", "square", "velocity", "gradient", "scale", "learningRate"}, {}, {"alpha", "epsilon", "momentum", "weightDecay"}, 1u << rmsprop::velocity, 0, 1u << rmsprop::weight | 1u << rmsprop::square | 1u << rmsprop::velocity, 0, false, false, rmsprop::implementation},
    {"rnn", {"x", "h0", "weight_ih", "weight_hh", "bias_ih", "bias_hh", "lengths"}, {"y", "hLast"}, {"activation", "reverse"}, 1u << rnn::bias_ih | 1u << rnn::bias_hh | 1u << rnn::lengths, 0, 0, 0, false, false, rnn::implementation},
    {"rnnGradient", {"x", "h0", "weight_ih", "weight_hh", "lengths", "y", "dy", "dhLast"}, {"dx", "dh0", "dweight_ih", "dweight_hh", "dbias"}, {"activation", "reverse"}, 1u << rnnGradient::lengths | 1u << rnnGradient::dy | 1u << rnnGradient::dhLast, 1u << rnnGradient::dx, 0, 0, false, false, rnnGradient::implementation},
    {"sample", {"logits", "temperature", "topK", "topP", "random"}, {"ids", "logProbability"}, {}, 0, 0, 0, 0, false, false, sample::implementation},
    {"sgd", {"weight", "gradient", "scale", "learningRate", "velocity", "ids"}, {}, {"momentum", "nesterov", "weightDecay"}, 1u << sgd::velocity | 1u << sgd::ids, 0, 1u << sgd::weight | 1u << sgd::velocity, 0, false, false, sgd::implementation},
    {"sigmoid", {"x"}, {"y"}, {}, 0, 0, 0, 0, false, false, sigmoid::implementation},
    {"sigmoidGradient", {"y", "dy"}, {"dx"}, {}, 0, 0, 0, 0, false, false, sigmoidGradient::implementation},
    {"slice", {"x"}, {"y"}, {"axis", "start", "end"}, 0, 0, 0, 0, false, false, slice::implementation},
    {"softmax", {"x"}, {"y"}, {}, 0, 0, 0, 0, false, false, softmax::implementation},
    {"softmaxGradient", {"y", "dy"}, {"dx"}, {}, 0, 0, 0, 0, false, false, softmaxGradient::implementation},
    {"sqrt", {"x"}, {"y"}, {}, 0, 0, 0, 0, false, false, sqrt::implementation},
    {"square", {"x"}, {"y"}, {}, 0, 0, 0, 0, false, false, square::implementation},
    {"subtract", {"a", "b"}, {"y"}, {}, 0, 0, 0, 0, false, false, subtract::implementation},
    {"sumRows", {"ids", "rows"}, {"unique", "sums"}, {"V"}, 0, 0, 0, 0, false, false, sumRows::implementation},
    {"sumTo", {"x"}, {"y"}, {}, 0, 0, 0, 0, false, false, sumTo::implementation},
    {"tanh", {"x"}, {"y"}, {}, 0, 0, 0, 0, false, false, tanh::implementation},
    {"tanhGradient", {"y", "dy"}, {"dx"}, {}, 0, 0, 0, 0, false, false, tanhGradient::implementation},
    {"transpose", {"x"}, {"y"}, {"axis0", "axis1"}, 0, 0, 0, 0, false, false, transpose::implementation},
};

}  // namespace ops
}  // namespace ostinato
