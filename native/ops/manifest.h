// clang-format off
// Made by scripts/native-manifest.mjs from the op catalogue (lib/graph/ops).
//
// The ops by name: the numbers of their operands, results and attributes, and, at the end, the table of all.
// native/ops/<family>.cc defines the implementations that are declared here:
// const Implementation ops::lstm::implementation = {checkLstm, runLstm};
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

struct allReduce {
  enum Operand { tensors };
  enum Result { sums };
  enum Attribute { bfloat16, width };
  static const Implementation implementation;
};

struct approach {
  enum Operand { variable, target, share, scale };
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

struct awaitSum {
  enum Operand { sums };
  enum Result { y };
  enum Attribute { begin };
  static const Implementation implementation;
};

struct broadcastTo {
  enum Operand { x };
  enum Result { y };
  static const Implementation implementation;
};

struct cachedAttention {
  enum Operand { query, cache, lineage, times, positions };
  enum Result { context };
  enum Attribute { heads, scale };
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

struct convolution {
  enum Operand { x, weight, bias };
  enum Result { y };
  enum Attribute { stride, padding };
  static const Implementation implementation;
};

struct convolutionInputGradient {
  enum Operand { dy, weight };
  enum Result { dx };
  enum Attribute { stride, padding };
  static const Implementation implementation;
};

struct convolutionWeightGradient {
  enum Operand { x, dy };
  enum Result { dweight };
  enum Attribute { stride, padding };
  static const Implementation implementation;
};

struct copy {
  enum Operand { x };
  enum Result { y };
  static const Implementation implementation;
};

struct crf {
  enum Operand { emissions, transitions, tags, lengths };
  enum Result { losses, alphas };
  static const Implementation implementation;
};

struct crfGradient {
  enum Operand { emissions, transitions, tags, lengths, alphas, dlosses };
  enum Result { demissions, dtransitions };
  static const Implementation implementation;
};

struct crfMarginals {
  enum Operand { emissions, transitions, lengths };
  enum Result { probabilities, normalizers };
  static const Implementation implementation;
};

struct crfPaths {
  enum Operand { emissions, transitions, lengths };
  enum Result { tags, scores };
  enum Attribute { K };
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
  enum Attribute { stream, overTime, axis, first, of };
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

struct filterMaxima {
  enum Operand { x, weight, bias, lengths };
  enum Result { y, places };
  static const Implementation implementation;
};

struct filterMaximaGradient {
  enum Operand { x, weight, lengths, places, dy };
  enum Result { dx, dweight, dbias };
  static const Implementation implementation;
};

struct follow {
  enum Operand { states, ids, classOf, next };
  enum Result { after };
  static const Implementation implementation;
};

struct gelu {
  enum Operand { x };
  enum Result { y };
  static const Implementation implementation;
};

struct geluGradient {
  enum Operand { x, dy };
  enum Result { dx };
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

struct hardSigmoid {
  enum Operand { x };
  enum Result { y };
  static const Implementation implementation;
};

struct hardSigmoidGradient {
  enum Operand { y, dy };
  enum Result { dx };
  static const Implementation implementation;
};

struct keepIds {
  enum Operand { ids, keep };
  enum Result { kept };
  static const Implementation implementation;
};

struct keepRow {
  enum Operand { cache, row, times };
  enum Result { after };
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

struct lineage {
  enum Operand { before, times };
  enum Result { after };
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

struct logGamma {
  enum Operand { x };
  enum Result { y };
  static const Implementation implementation;
};

struct logGammaGradient {
  enum Operand { x, dy };
  enum Result { dx };
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

struct maxPool {
  enum Operand { x };
  enum Result { y, index };
  enum Attribute { size, stride };
  static const Implementation implementation;
};

struct maxPoolGradient {
  enum Operand { index, dy };
  enum Result { dx };
  enum Attribute { size, stride };
  static const Implementation implementation;
};

struct meanPool {
  enum Operand { x };
  enum Result { y };
  enum Attribute { size, stride };
  static const Implementation implementation;
};

struct meanPoolGradient {
  enum Operand { dy };
  enum Result { dx };
  enum Attribute { size, stride };
  static const Implementation implementation;
};

struct multiHeadAttention {
  enum Operand { query, memory, lengths };
  enum Result { context, logSums };
  enum Attribute { heads, causal, scale };
  static const Implementation implementation;
};

struct multiHeadAttentionGradient {
  enum Operand { query, memory, lengths, context, logSums, dcontext };
  enum Result { dquery, dmemory };
  enum Attribute { heads, causal, scale };
  static const Implementation implementation;
};

struct multiHeadWeights {
  enum Operand { query, memory, lengths };
  enum Result { weights };
  enum Attribute { heads, causal, scale };
  static const Implementation implementation;
};

struct multiply {
  enum Operand { a, b };
  enum Result { y };
  static const Implementation implementation;
};

struct nextPositions {
  enum Operand { positions };
  enum Result { next };
  enum Attribute { modulus };
  static const Implementation implementation;
};

struct ngramLosses {
  enum Operand { ngrams, states, inputs, targets, lengths };
  enum Result { losses, count, orders, last };
  static const Implementation implementation;
};

struct ngramStep {
  enum Operand { ngrams, states, ids };
  enum Result { logits, after };
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

struct recentIds {
  enum Operand { ids, before, lengths };
  enum Result { recent, last };
  enum Attribute { n };
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

struct rotary {
  enum Operand { x, positions };
  enum Result { y };
  enum Attribute { heads, size, base, direction };
  static const Implementation implementation;
};

struct sample {
  enum Operand { logits, temperature, topK, topP, random, ahead };
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

struct softplus {
  enum Operand { x };
  enum Result { y };
  static const Implementation implementation;
};

struct sparsify {
  enum Operand { x, residual };
  enum Result { sent, rest };
  enum Attribute { k };
  static const Implementation implementation;
};

struct spell {
  enum Operand { ids, characters, lengths };
  enum Result { spellings, spellingLengths, places };
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

struct vectorScan {
  enum Operand { a, b, h0, lengths };
  enum Result { y, hLast };
  enum Attribute { reverse };
  static const Implementation implementation;
};

struct vectorScanGradient {
  enum Operand { a, h0, lengths, y, dy, dhLast };
  enum Result { da, db, dh0 };
  enum Attribute { reverse };
  static const Implementation implementation;
};

struct wordVectorLoss {
  enum Operand { input, output, tokens, keep, random, noise, alias, paths, starts };
  enum Result { losses, count };
  enum Attribute { window, dynamic, mean, negatives, longest };
  static const Implementation implementation;
};

struct wordVectorStep {
  enum Operand { input, output, tokens, keep, random, noise, alias, paths, starts, learningRate };
  enum Result { losses, count };
  enum Attribute { window, dynamic, mean, negatives, longest, block };
  static const Implementation implementation;
};

inline constexpr Operation kTable[] = {
    {.name = "adagrad",
     .operands = {"weight", "square", "gradient", "scale", "learningRate"},
     .attributes = {"epsilon", "weightDecay"},
     .mutates = 1u << adagrad::weight | 1u << adagrad::square,
     .implementation = adagrad::implementation},
    {.name = "adam",
     .operands = {"weight", "m", "v", "gradient", "scale", "learningRate", "step"},
     .attributes = {"beta1", "beta2", "epsilon", "weightDecay", "decoupled"},
     .mutates = 1u << adam::weight | 1u << adam::m | 1u << adam::v,
     .implementation = adam::implementation},
    {.name = "add",
     .operands = {"a", "b"},
     .results = {"y"},
     .implementation = add::implementation},
    {.name = "additiveGradient",
     .operands = {"query", "dscores", "keys", "v"},
     .results = {"dkeys", "dv"},
     .implementation = additiveGradient::implementation},
    {.name = "affine",
     .operands = {"x"},
     .results = {"y"},
     .attributes = {"scale", "shift"},
     .implementation = affine::implementation},
    {.name = "allReduce",
     .operands = {"tensors"},
     .results = {"sums"},
     .attributes = {"bfloat16", "width"},
     .several = true,
     .implementation = allReduce::implementation},
    {.name = "approach",
     .operands = {"variable", "target", "share", "scale"},
     .mutates = 1u << approach::variable,
     .implementation = approach::implementation},
    {.name = "assign",
     .operands = {"variable", "x", "guard"},
     .optionalOperands = 1u << assign::guard,
     .mutates = 1u << assign::variable,
     .implementation = assign::implementation},
    {.name = "attention",
     .operands = {"query", "keys", "values", "v", "lengths"},
     .results = {"context", "weights"},
     .attributes = {"scale"},
     .optionalOperands = 1u << attention::v | 1u << attention::lengths,
     .optionalResults = 1u << attention::weights,
     .implementation = attention::implementation},
    {.name = "attentionGradient",
     .operands = {"query", "keys", "values", "v", "lengths", "weights", "dcontext", "dweights"},
     .results = {"dquery", "dscores"},
     .attributes = {"scale"},
     .optionalOperands = 1u << attentionGradient::v |
         1u << attentionGradient::lengths |
         1u << attentionGradient::dcontext |
         1u << attentionGradient::dweights,
     .implementation = attentionGradient::implementation},
    {.name = "attentionSum",
     .operands = {"factors", "rows"},
     .results = {"sums"},
     .implementation = attentionSum::implementation},
    {.name = "awaitSum",
     .operands = {"sums"},
     .results = {"y"},
     .attributes = {"begin"},
     .implementation = awaitSum::implementation},
    {.name = "broadcastTo",
     .operands = {"x"},
     .results = {"y"},
     .implementation = broadcastTo::implementation},
    {.name = "cachedAttention",
     .operands = {"query", "cache", "lineage", "times", "positions"},
     .results = {"context"},
     .attributes = {"heads", "scale"},
     .implementation = cachedAttention::implementation},
    {.name = "clamp",
     .operands = {"x", "limit"},
     .results = {"y"},
     .implementation = clamp::implementation},
    {.name = "clampGradient",
     .operands = {"x", "limit", "dy"},
     .results = {"dx", "dlimit"},
     .optionalResults = 1u << clampGradient::dx | 1u << clampGradient::dlimit,
     .implementation = clampGradient::implementation},
    {.name = "clipScale",
     .operands = {"norm", "maxNorm"},
     .results = {"scale"},
     .implementation = clipScale::implementation},
    {.name = "concat",
     .operands = {"tensors"},
     .results = {"y"},
     .attributes = {"axis"},
     .several = true,
     .implementation = concat::implementation},
    {.name = "convolution",
     .operands = {"x", "weight", "bias"},
     .results = {"y"},
     .attributes = {"stride", "padding"},
     .optionalOperands = 1u << convolution::bias,
     .implementation = convolution::implementation},
    {.name = "convolutionInputGradient",
     .operands = {"dy", "weight"},
     .results = {"dx"},
     .attributes = {"stride", "padding"},
     .implementation = convolutionInputGradient::implementation},
    {.name = "convolutionWeightGradient",
     .operands = {"x", "dy"},
     .results = {"dweight"},
     .attributes = {"stride", "padding"},
     .implementation = convolutionWeightGradient::implementation},
    {.name = "copy",
     .operands = {"x"},
     .results = {"y"},
     .implementation = copy::implementation},
    {.name = "crf",
     .operands = {"emissions", "transitions", "tags", "lengths"},
     .results = {"losses", "alphas"},
     .optionalResults = 1u << crf::alphas,
     .implementation = crf::implementation},
    {.name = "crfGradient",
     .operands = {"emissions", "transitions", "tags", "lengths", "alphas", "dlosses"},
     .results = {"demissions", "dtransitions"},
     .implementation = crfGradient::implementation},
    {.name = "crfMarginals",
     .operands = {"emissions", "transitions", "lengths"},
     .results = {"probabilities", "normalizers"},
     .implementation = crfMarginals::implementation},
    {.name = "crfPaths",
     .operands = {"emissions", "transitions", "lengths"},
     .results = {"tags", "scores"},
     .attributes = {"K"},
     .implementation = crfPaths::implementation},
    {.name = "divide",
     .operands = {"a", "b"},
     .results = {"y"},
     .implementation = divide::implementation},
    {.name = "dropout",
     .operands = {"x", "rate", "random"},
     .results = {"y"},
     .attributes = {"stream", "overTime", "axis", "first", "of"},
     .implementation = dropout::implementation},
    {.name = "embedding",
     .operands = {"weight", "ids"},
     .results = {"y"},
     .implementation = embedding::implementation},
    {.name = "embeddingGradient",
     .operands = {"ids", "dy"},
     .results = {"dweight"},
     .attributes = {"V"},
     .implementation = embeddingGradient::implementation},
    {.name = "exp",
     .operands = {"x"},
     .results = {"y"},
     .implementation = exp::implementation},
    {.name = "filterMaxima",
     .operands = {"x", "weight", "bias", "lengths"},
     .results = {"y", "places"},
     .optionalResults = 1u << filterMaxima::places,
     .implementation = filterMaxima::implementation},
    {.name = "filterMaximaGradient",
     .operands = {"x", "weight", "lengths", "places", "dy"},
     .results = {"dx", "dweight", "dbias"},
     .optionalResults = 1u << filterMaximaGradient::dx,
     .implementation = filterMaximaGradient::implementation},
    {.name = "follow",
     .operands = {"states", "ids", "classOf", "next"},
     .results = {"after"},
     .implementation = follow::implementation},
    {.name = "gelu",
     .operands = {"x"},
     .results = {"y"},
     .implementation = gelu::implementation},
    {.name = "geluGradient",
     .operands = {"x", "dy"},
     .results = {"dx"},
     .implementation = geluGradient::implementation},
    {.name = "globalNorm",
     .operands = {"gradients"},
     .results = {"norm", "norms"},
     .several = true,
     .implementation = globalNorm::implementation},
    {.name = "gru",
     .operands = {"x", "h0", "weight_ih", "weight_hh", "bias_ih", "bias_hh", "lengths"},
     .results = {"y", "hLast", "gates"},
     .attributes = {"resetAfter", "reverse"},
     .optionalOperands = 1u << gru::bias_ih | 1u << gru::bias_hh | 1u << gru::lengths,
     .optionalResults = 1u << gru::gates,
     .implementation = gru::implementation},
    {.name = "gruCell",
     .operands = {"a", "p", "h"},
     .results = {"hNext", "gates"},
     .optionalResults = 1u << gruCell::gates,
     .implementation = gruCell::implementation},
    {.name = "gruCellGradient",
     .operands = {"gates", "p", "h", "dhNext"},
     .results = {"da", "dp", "dh"},
     .implementation = gruCellGradient::implementation},
    {.name = "gruGradient",
     .operands = {"x", "h0", "weight_ih", "weight_hh", "bias_hh", "lengths", "y", "gates", "dy", "dhLast"},
     .results = {"dx", "dh0", "dweight_ih", "dweight_hh", "dbias_ih", "dbias_hh"},
     .attributes = {"resetAfter", "reverse"},
     .optionalOperands = 1u << gruGradient::bias_hh |
         1u << gruGradient::lengths |
         1u << gruGradient::dy |
         1u << gruGradient::dhLast,
     .optionalResults = 1u << gruGradient::dx,
     .consumes = 1u << gruGradient::gates,
     .implementation = gruGradient::implementation},
    {.name = "hardSigmoid",
     .operands = {"x"},
     .results = {"y"},
     .implementation = hardSigmoid::implementation},
    {.name = "hardSigmoidGradient",
     .operands = {"y", "dy"},
     .results = {"dx"},
     .implementation = hardSigmoidGradient::implementation},
    {.name = "keepIds",
     .operands = {"ids", "keep"},
     .results = {"kept"},
     .implementation = keepIds::implementation},
    {.name = "keepRow",
     .operands = {"cache", "row", "times"},
     .results = {"after"},
     .consumes = 1u << keepRow::cache,
     .view = true,
     .implementation = keepRow::implementation},
    {.name = "layerNorm",
     .operands = {"x", "gain", "bias"},
     .results = {"y", "mean", "inverseDeviation"},
     .attributes = {"epsilon"},
     .optionalResults = 1u << layerNorm::mean | 1u << layerNorm::inverseDeviation,
     .implementation = layerNorm::implementation},
    {.name = "layerNormGradient",
     .operands = {"x", "gain", "mean", "inverseDeviation", "dy"},
     .results = {"dx", "dgain", "dbias"},
     .implementation = layerNormGradient::implementation},
    {.name = "lineage",
     .operands = {"before", "times"},
     .results = {"after"},
     .implementation = lineage::implementation},
    {.name = "linear",
     .operands = {"x", "weight", "bias"},
     .results = {"y"},
     .optionalOperands = 1u << linear::bias,
     .implementation = linear::implementation},
    {.name = "linearCrossEntropy",
     .operands = {"x", "weight", "bias", "targets"},
     .results = {"losses", "count", "normalizers", "logits"},
     .optionalOperands = 1u << linearCrossEntropy::bias,
     .optionalResults = 1u << linearCrossEntropy::normalizers | 1u << linearCrossEntropy::logits,
     .implementation = linearCrossEntropy::implementation},
    {.name = "linearCrossEntropyGradient",
     .operands = {"x", "weight", "bias", "targets", "normalizers", "logits", "dlosses"},
     .results = {"dx", "dweight", "dbias"},
     .optionalOperands = 1u << linearCrossEntropyGradient::bias,
     .optionalResults = 1u << linearCrossEntropyGradient::dbias,
     .consumes = 1u << linearCrossEntropyGradient::logits,
     .implementation = linearCrossEntropyGradient::implementation},
    {.name = "log",
     .operands = {"x"},
     .results = {"y"},
     .implementation = log::implementation},
    {.name = "logGamma",
     .operands = {"x"},
     .results = {"y"},
     .implementation = logGamma::implementation},
    {.name = "logGammaGradient",
     .operands = {"x", "dy"},
     .results = {"dx"},
     .implementation = logGammaGradient::implementation},
    {.name = "logSoftmax",
     .operands = {"x"},
     .results = {"y"},
     .implementation = logSoftmax::implementation},
    {.name = "logSoftmaxGradient",
     .operands = {"y", "dy"},
     .results = {"dx"},
     .implementation = logSoftmaxGradient::implementation},
    {.name = "lstm",
     .operands = {"x", "h0", "c0", "weight_ih", "weight_hh", "bias_ih", "bias_hh", "lengths"},
     .results = {"y", "hLast", "cLast", "gates", "cells"},
     .attributes = {"reverse"},
     .optionalOperands = 1u << lstm::bias_ih | 1u << lstm::bias_hh | 1u << lstm::lengths,
     .optionalResults = 1u << lstm::gates | 1u << lstm::cells,
     .implementation = lstm::implementation},
    {.name = "lstmCell",
     .operands = {"a", "c"},
     .results = {"h", "cNext", "gates"},
     .optionalResults = 1u << lstmCell::gates,
     .implementation = lstmCell::implementation},
    {.name = "lstmCellGradient",
     .operands = {"gates", "c", "cNext", "dh", "dcNext"},
     .results = {"da", "dc"},
     .optionalOperands = 1u << lstmCellGradient::dh | 1u << lstmCellGradient::dcNext,
     .implementation = lstmCellGradient::implementation},
    {.name = "lstmGradient",
     .operands = {"x",
         "h0",
         "c0",
         "weight_ih",
         "weight_hh",
         "lengths",
         "y",
         "gates",
         "cells",
         "dy",
         "dhLast",
         "dcLast"},
     .results = {"dx", "dh0", "dc0", "dweight_ih", "dweight_hh", "dbias"},
     .attributes = {"reverse"},
     .optionalOperands = 1u << lstmGradient::lengths |
         1u << lstmGradient::dy |
         1u << lstmGradient::dhLast |
         1u << lstmGradient::dcLast,
     .optionalResults = 1u << lstmGradient::dx,
     .consumes = 1u << lstmGradient::gates,
     .implementation = lstmGradient::implementation},
    {.name = "mask",
     .operands = {"x", "lengths"},
     .results = {"y"},
     .implementation = mask::implementation},
    {.name = "matmul",
     .operands = {"a", "b"},
     .results = {"y"},
     .attributes = {"transposeA", "transposeB"},
     .implementation = matmul::implementation},
    {.name = "max",
     .operands = {"x"},
     .results = {"y", "index"},
     .attributes = {"axis"},
     .optionalResults = 1u << max::index,
     .implementation = max::implementation},
    {.name = "maxGradient",
     .operands = {"index", "dy"},
     .results = {"dx"},
     .attributes = {"axis"},
     .implementation = maxGradient::implementation},
    {.name = "maxPool",
     .operands = {"x"},
     .results = {"y", "index"},
     .attributes = {"size", "stride"},
     .optionalResults = 1u << maxPool::index,
     .implementation = maxPool::implementation},
    {.name = "maxPoolGradient",
     .operands = {"index", "dy"},
     .results = {"dx"},
     .attributes = {"size", "stride"},
     .implementation = maxPoolGradient::implementation},
    {.name = "meanPool",
     .operands = {"x"},
     .results = {"y"},
     .attributes = {"size", "stride"},
     .implementation = meanPool::implementation},
    {.name = "meanPoolGradient",
     .operands = {"dy"},
     .results = {"dx"},
     .attributes = {"size", "stride"},
     .implementation = meanPoolGradient::implementation},
    {.name = "multiHeadAttention",
     .operands = {"query", "memory", "lengths"},
     .results = {"context", "logSums"},
     .attributes = {"heads", "causal", "scale"},
     .optionalOperands = 1u << multiHeadAttention::lengths,
     .optionalResults = 1u << multiHeadAttention::logSums,
     .implementation = multiHeadAttention::implementation},
    {.name = "multiHeadAttentionGradient",
     .operands = {"query", "memory", "lengths", "context", "logSums", "dcontext"},
     .results = {"dquery", "dmemory"},
     .attributes = {"heads", "causal", "scale"},
     .optionalOperands = 1u << multiHeadAttentionGradient::lengths,
     .implementation = multiHeadAttentionGradient::implementation},
    {.name = "multiHeadWeights",
     .operands = {"query", "memory", "lengths"},
     .results = {"weights"},
     .attributes = {"heads", "causal", "scale"},
     .optionalOperands = 1u << multiHeadWeights::lengths,
     .implementation = multiHeadWeights::implementation},
    {.name = "multiply",
     .operands = {"a", "b"},
     .results = {"y"},
     .implementation = multiply::implementation},
    {.name = "nextPositions",
     .operands = {"positions"},
     .results = {"next"},
     .attributes = {"modulus"},
     .implementation = nextPositions::implementation},
    {.name = "ngramLosses",
     .operands = {"ngrams", "states", "inputs", "targets", "lengths"},
     .results = {"losses", "count", "orders", "last"},
     .optionalOperands = 1u << ngramLosses::lengths,
     .optionalResults = 1u << ngramLosses::orders | 1u << ngramLosses::last,
     .implementation = ngramLosses::implementation},
    {.name = "ngramStep",
     .operands = {"ngrams", "states", "ids"},
     .results = {"logits", "after"},
     .optionalResults = 1u << ngramStep::logits,
     .implementation = ngramStep::implementation},
    {.name = "pad",
     .operands = {"x"},
     .results = {"y"},
     .attributes = {"axis", "before", "after"},
     .implementation = pad::implementation},
    {.name = "pick",
     .operands = {"x", "ids"},
     .results = {"y"},
     .implementation = pick::implementation},
    {.name = "pickGradient",
     .operands = {"ids", "dy"},
     .results = {"dx"},
     .attributes = {"V"},
     .implementation = pickGradient::implementation},
    {.name = "recentIds",
     .operands = {"ids", "before", "lengths"},
     .results = {"recent", "last"},
     .attributes = {"n"},
     .optionalOperands = 1u << recentIds::before | 1u << recentIds::lengths,
     .implementation = recentIds::implementation},
    {.name = "relu",
     .operands = {"x"},
     .results = {"y"},
     .implementation = relu::implementation},
    {.name = "reluGradient",
     .operands = {"y", "dy"},
     .results = {"dx"},
     .implementation = reluGradient::implementation},
    {.name = "reshape",
     .operands = {"x"},
     .results = {"y"},
     .view = true,
     .implementation = reshape::implementation},
    {.name = "restart",
     .operands = {"ids"},
     .results = {"read", "keep"},
     .attributes = {"begin", "end"},
     .implementation = restart::implementation},
    {.name = "rmsprop",
     .operands = {"weight", "square", "velocity", "gradient", "scale", "learningRate"},
     .attributes = {"alpha", "epsilon", "momentum", "weightDecay"},
     .optionalOperands = 1u << rmsprop::velocity,
     .mutates = 1u << rmsprop::weight | 1u << rmsprop::square | 1u << rmsprop::velocity,
     .implementation = rmsprop::implementation},
    {.name = "rnn",
     .operands = {"x", "h0", "weight_ih", "weight_hh", "bias_ih", "bias_hh", "lengths"},
     .results = {"y", "hLast"},
     .attributes = {"activation", "reverse"},
     .optionalOperands = 1u << rnn::bias_ih | 1u << rnn::bias_hh | 1u << rnn::lengths,
     .implementation = rnn::implementation},
    {.name = "rnnGradient",
     .operands = {"x", "h0", "weight_ih", "weight_hh", "lengths", "y", "dy", "dhLast"},
     .results = {"dx", "dh0", "dweight_ih", "dweight_hh", "dbias"},
     .attributes = {"activation", "reverse"},
     .optionalOperands = 1u << rnnGradient::lengths | 1u << rnnGradient::dy | 1u << rnnGradient::dhLast,
     .optionalResults = 1u << rnnGradient::dx,
     .implementation = rnnGradient::implementation},
    {.name = "rotary",
     .operands = {"x", "positions"},
     .results = {"y"},
     .attributes = {"heads", "size", "base", "direction"},
     .optionalOperands = 1u << rotary::positions,
     .implementation = rotary::implementation},
    {.name = "sample",
     .operands = {"logits", "temperature", "topK", "topP", "random", "ahead"},
     .results = {"ids", "logProbability"},
     .optionalOperands = 1u << sample::ahead,
     .implementation = sample::implementation},
    {.name = "sgd",
     .operands = {"weight", "gradient", "scale", "learningRate", "velocity", "ids"},
     .attributes = {"momentum", "nesterov", "weightDecay"},
     .optionalOperands = 1u << sgd::velocity | 1u << sgd::ids,
     .mutates = 1u << sgd::weight | 1u << sgd::velocity,
     .implementation = sgd::implementation},
    {.name = "sigmoid",
     .operands = {"x"},
     .results = {"y"},
     .implementation = sigmoid::implementation},
    {.name = "sigmoidGradient",
     .operands = {"y", "dy"},
     .results = {"dx"},
     .implementation = sigmoidGradient::implementation},
    {.name = "slice",
     .operands = {"x"},
     .results = {"y"},
     .attributes = {"axis", "start", "end"},
     .implementation = slice::implementation},
    {.name = "softmax",
     .operands = {"x"},
     .results = {"y"},
     .implementation = softmax::implementation},
    {.name = "softmaxGradient",
     .operands = {"y", "dy"},
     .results = {"dx"},
     .implementation = softmaxGradient::implementation},
    {.name = "softplus",
     .operands = {"x"},
     .results = {"y"},
     .implementation = softplus::implementation},
    {.name = "sparsify",
     .operands = {"x", "residual"},
     .results = {"sent", "rest"},
     .attributes = {"k"},
     .implementation = sparsify::implementation},
    {.name = "spell",
     .operands = {"ids", "characters", "lengths"},
     .results = {"spellings", "spellingLengths", "places"},
     .implementation = spell::implementation},
    {.name = "sqrt",
     .operands = {"x"},
     .results = {"y"},
     .implementation = sqrt::implementation},
    {.name = "square",
     .operands = {"x"},
     .results = {"y"},
     .implementation = square::implementation},
    {.name = "subtract",
     .operands = {"a", "b"},
     .results = {"y"},
     .implementation = subtract::implementation},
    {.name = "sumRows",
     .operands = {"ids", "rows"},
     .results = {"unique", "sums"},
     .attributes = {"V"},
     .implementation = sumRows::implementation},
    {.name = "sumTo",
     .operands = {"x"},
     .results = {"y"},
     .implementation = sumTo::implementation},
    {.name = "tanh",
     .operands = {"x"},
     .results = {"y"},
     .implementation = tanh::implementation},
    {.name = "tanhGradient",
     .operands = {"y", "dy"},
     .results = {"dx"},
     .implementation = tanhGradient::implementation},
    {.name = "transpose",
     .operands = {"x"},
     .results = {"y"},
     .attributes = {"axis0", "axis1"},
     .implementation = transpose::implementation},
    {.name = "vectorScan",
     .operands = {"a", "b", "h0", "lengths"},
     .results = {"y", "hLast"},
     .attributes = {"reverse"},
     .optionalOperands = 1u << vectorScan::lengths,
     .implementation = vectorScan::implementation},
    {.name = "vectorScanGradient",
     .operands = {"a", "h0", "lengths", "y", "dy", "dhLast"},
     .results = {"da", "db", "dh0"},
     .attributes = {"reverse"},
     .optionalOperands = 1u << vectorScanGradient::lengths |
         1u << vectorScanGradient::dy |
         1u << vectorScanGradient::dhLast,
     .optionalResults = 1u << vectorScanGradient::da | 1u << vectorScanGradient::db,
     .implementation = vectorScanGradient::implementation},
    {.name = "wordVectorLoss",
     .operands = {"input", "output", "tokens", "keep", "random", "noise", "alias", "paths", "starts"},
     .results = {"losses", "count"},
     .attributes = {"window", "dynamic", "mean", "negatives", "longest"},
     .optionalOperands = 1u << wordVectorLoss::noise |
         1u << wordVectorLoss::alias |
         1u << wordVectorLoss::paths |
         1u << wordVectorLoss::starts,
     .implementation = wordVectorLoss::implementation},
    {.name = "wordVectorStep",
     .operands = {"input",
         "output",
         "tokens",
         "keep",
         "random",
         "noise",
         "alias",
         "paths",
         "starts",
         "learningRate"},
     .results = {"losses", "count"},
     .attributes = {"window", "dynamic", "mean", "negatives", "longest", "block"},
     .optionalOperands = 1u << wordVectorStep::noise |
         1u << wordVectorStep::alias |
         1u << wordVectorStep::paths |
         1u << wordVectorStep::starts,
     .mutates = 1u << wordVectorStep::input | 1u << wordVectorStep::output,
     .implementation = wordVectorStep::implementation},
};

}  // namespace ops
}  // namespace ostinato
