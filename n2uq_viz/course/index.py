"""Where each equation is: in which notebook, in which function, and which test holds it to account.

Plain data, so that a test can follow every line of it; `n2uq_viz.course.tables` shows it.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["EQUATIONS", "REFERENCES", "RESULTS", "Equation", "Reference", "Result"]


@dataclass(frozen=True)
class Equation:
    """One equation of the course.

    Attributes
    ----------
    name
        Key of its words.
    formula
        In LaTeX.
    notebook
        Where it is explained.
    function
        What computes it, importable by this path.
    test
        ``file::function`` below ``tests/``.
    paper
        Number of the equation in the paper, where the course gives one.
    """

    name: str
    formula: str
    notebook: str
    function: str
    test: str
    paper: int | None = None


EQUATIONS = (
    Equation(
        "deterministic_binary",
        r"y = \mathrm{sign}(x)",
        "01_binary_and_ste",
        "n2uq_viz.quantizer.Quantizer.binary",
        "test_quantizer.py::test_binary_is_sign_with_the_clipped_ste",
        1,
    ),
    Equation(
        "stochastic_binary",
        r"P(y = 1) = \mathrm{clip}\left(\tfrac{x + 1}{2}, 0, 1\right)",
        "01_binary_and_ste",
        "n2uq_viz.quantizer.Quantizer.sample",
        "test_quantizer.py::test_draws_have_the_mean_and_variance_of_the_formulas",
        2,
    ),
    Equation(
        "thresholds",
        r"t_i = (b_{i-1} + b_i)/2",
        "00_start_here",
        "n2uq_viz.quantizer.Quantizer",
        "test_quantizer.py::test_derived_arrays_follow_their_definitions",
    ),
    Equation(
        "staircase",
        r"Q(x) = y_0 + \sum_i (y_i - y_{i-1})\,[x > t_i]",
        "00_start_here",
        "n2uq_viz.quantizer.Quantizer.__call__",
        "test_quantizer.py::test_deterministic_output_counts_the_thresholds_below",
    ),
    Equation(
        "probability",
        r"p_i = \mathrm{clip}\left((x - b_{i-1})/a_i, 0, 1\right)",
        "00_start_here",
        "n2uq_viz.quantizer.Quantizer.outcomes",
        "test_gradients.py::test_outcomes_come_up_as_often_as_their_probability",
    ),
    Equation(
        "expectation",
        r"E[Q(x)] = y_0 + \sum_i (y_i - y_{i-1})\,p_i",
        "02_expectation",
        "n2uq_viz.quantizer.Quantizer.expectation",
        "test_quantizer.py::test_expectation_is_what_the_outcomes_average_to",
    ),
    Equation(
        "variance",
        r"\mathrm{Var}[Q(x)] = (y_i - y_{i-1})^2\,p_i (1 - p_i)",
        "02_expectation",
        "n2uq_viz.quantizer.Quantizer.variance",
        "test_quantizer.py::test_draws_have_the_mean_and_variance_of_the_formulas",
    ),
    Equation(
        "gste",
        r"\frac{d}{dx} E[Q(x)] = (y_i - y_{i-1})/a_i",
        "03_levels",
        "n2uq_viz.quantizer.Quantizer.gradient",
        "test_quantizer.py::test_gradient_is_the_difference_quotient_of_the_expectation",
    ),
    Equation(
        "ste",
        r"\frac{dy}{dx} \approx 1\ \text{in the range}",
        "01_binary_and_ste",
        "n2uq_viz.quantizer.Quantizer.ste_gradient",
        "test_quantizer.py::test_plain_ste_has_one_slope_on_the_support_of_gste",
    ),
    Equation(
        "sum_of_steps",
        r"Q = y_0 + \sum_i Q_i",
        "03_levels",
        "n2uq_viz.quantizer.Quantizer.parts",
        "test_quantizer.py::test_parts_sum_to_the_whole",
    ),
    Equation(
        "feasible",
        r"h_1 > 0,\quad h_{i+1} = (t_{i+1} - t_i) - h_i > 0",
        "03_levels",
        "n2uq_viz.feasible.has_edges",
        "test_feasible.py::test_octiles_of_two_bumps_have_no_edges",
    ),
    Equation(
        "parameters",
        r"u = s_1 x,\quad y = s_2 D\,\#\{i : u > t_i\}",
        "04_learnable_thresholds",
        "n2uq_viz.nn.gste_quantize",
        "test_nn_gste.py::test_numpy_quantizer_has_the_same_output_and_slope",
    ),
    Equation(
        "parameter_gradients",
        r"\partial s,\ \partial a_k,\ \partial s_1\ \text{of}\ E[Q]",
        "04_learnable_thresholds",
        "n2uq_viz.nn.gste_quantize",
        "test_nn_gste.py::test_gradients_are_differences_of_the_expectation",
    ),
    Equation(
        "redundant_scale",
        r"s_1\,\partial s_1 + s\,\partial s + \sum_k a_k\,\partial a_k = 0",
        "04_learnable_thresholds",
        "n2uq_viz.nn.gste_quantize",
        "test_nn_gste.py::test_one_scale_is_redundant",
    ),
    Equation(
        "compander",
        r"y = y_0 + D\,\lceil (c(x) - y_0)/D - \tfrac{1}{2} \rceil",
        "04_learnable_thresholds",
        "n2uq_viz.Quantizer.expectation",
        "test_quantizer.py::test_n2uq_is_uniform_rounding_after_a_compander",
    ),
    Equation(
        "optimum",
        r"t_i^* = f^{-1}\left((y_{i-1} + y_i)/2\right)",
        "04_learnable_thresholds",
        "n2uq_viz.optimum.best_thresholds",
        "test_optimum.py::test_best_thresholds_are_found_by_a_search_too",
    ),
    Equation(
        "weights",
        r"f = \gamma\,\mathrm{mean}|W|,\quad \gamma = (2^n - 1)/2^{n-1}",
        "06_weights_and_hardware",
        "n2uq_viz.weights.quantize_weights",
        "test_weights.py::test_levels_codes_and_thresholds_belong_together",
    ),
    Equation(
        "common_random_numbers",
        r"\left(Q_u(x + h) - Q_u(x - h)\right)/2h",
        "02_expectation",
        "n2uq_viz.simulate_gradient",
        "test_gradients.py::test_common_random_numbers_are_unbiased_for_the_quotient",
    ),
    Equation(
        "score_function",
        r"(Q - m_i)\,\partial_x \log P(Q; x)",
        "02_expectation",
        "n2uq_viz.simulate_gradient",
        "test_gradients.py::test_the_score_function_is_unbiased_for_the_slope",
    ),
    Equation(
        "agreement",
        r"K \sim \mathrm{Bin}(N, p)\ \text{at each}\ x",
        "02_expectation",
        "n2uq_viz.agreement",
        "test_agreement.py::test_p_values_are_uniform_for_the_truth",
    ),
    Equation(
        "noise",
        r"\frac{d}{dx} E[\mathrm{sign}(x + \varepsilon)] = 2\,\mathrm{pdf}(-x)",
        "07_the_zoo_and_its_limits",
        "n2uq_viz.surrogates.noise",
        "test_surrogates_noise.py::test_slope_of_the_mean_is_the_derivative",
    ),
)


@dataclass(frozen=True)
class Reference:
    """A paper that the course rests on or names."""

    authors: str
    title: str
    where: str
    arxiv: str


REFERENCES = (
    Reference(
        "Liu, Cheng, Huang, Xing, Shen",
        "Nonuniform-to-Uniform Quantization: Towards Accurate Quantization via Generalized "
        "Straight-Through Estimation",
        "CVPR 2022",
        "2111.14826",
    ),
    Reference(
        "Bengio, Léonard, Courville",
        "Estimating or Propagating Gradients Through Stochastic Neurons for Conditional "
        "Computation",
        "2013",
        "1308.3432",
    ),
    Reference(
        "Courbariaux, Hubara, Soudry, El-Yaniv, Bengio",
        "Binarized Neural Networks",
        "2016",
        "1602.02830",
    ),
    Reference(
        "Yin, Lyu, Zhang, Osher, Qi, Xin",
        "Understanding Straight-Through Estimator in Training Activation Quantized Neural Nets",
        "ICLR 2019",
        "1903.05662",
    ),
    Reference(
        "Shekhovtsov, Yanush",
        "Reintroducing Straight-Through Estimators as Principled Methods for Stochastic Binary "
        "Networks",
        "2020",
        "2006.06880",
    ),
    Reference(
        "Spallanzani, Leonardi, Benini",
        "Training Quantised Neural Networks with STE Variants: the Additive Noise Annealing "
        "Algorithm",
        "CVPR 2022",
        "2203.11323",
    ),
    Reference("Liu, Wu, Luo, Yang, Liu, Cheng", "Bi-Real Net", "ECCV 2018", "1808.00278"),
    Reference("Darabi et al.", "BNN+: Improved Binary Network Training", "2018", "1812.11800"),
    Reference(
        "Qin et al.",
        "Forward and Backward Information Retention for Accurate Binary Neural Networks",
        "CVPR 2020",
        "1909.10788",
    ),
    Reference("Wu et al.", "Estimator Meets Equilibrium Perspective", "2023", "2308.06689"),
    Reference("Gong et al.", "Differentiable Soft Quantization", "ICCV 2019", "1908.05033"),
    Reference(
        "Choi et al.",
        "PACT: Parameterized Clipping Activation for Quantized Neural Networks",
        "2018",
        "1805.06085",
    ),
    Reference("Esser et al.", "Learned Step Size Quantization", "ICLR 2020", "1902.08153"),
    Reference(
        "Lee et al.",
        "Network Quantization with Element-wise Gradient Scaling",
        "CVPR 2021",
        "2104.00903",
    ),
    Reference("Li, Dong, Wang", "Additive Powers-of-Two Quantization", "ICLR 2020", "1909.13144"),
)


@dataclass(frozen=True)
class Result:
    """Published accuracies on ImageNet, top-1 in percent, for 2, 3 and 4 bits; None: none given."""

    net: str
    method: str
    accuracies: tuple[float | None, float | None, float | None]


#: From the README of the method's authors' repository; those of others are quoted there.
RESULTS = (
    Result("ResNet-18", "N2UQ", (69.4, 71.9, 72.9)),
    Result("ResNet-18", "LSQ", (67.6, 70.2, 71.1)),
    Result("ResNet-18", "PACT", (64.4, 68.1, 69.2)),
    Result("ResNet-18", "DoReFa-Net", (64.7, 67.5, 68.1)),
    Result("ResNet-34", "N2UQ", (73.3, 75.2, 76.0)),
    Result("ResNet-34", "LSQ", (71.6, 73.4, 74.1)),
    Result("ResNet-50", "N2UQ", (75.8, 77.5, 78.0)),
    Result("MobileNet-V2", "N2UQ", (None, None, 72.1)),
)
