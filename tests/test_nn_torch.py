"""The op among the rest of PyTorch: compilers, transforms, autocast, copies, other threads."""

from __future__ import annotations

import copy
import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from n2uq_viz.nn import N2UQActivation, N2UQConv2d, gste_quantize, set_fused
from n2uq_viz.nn.tables import Parameters

NAMES = ("start", "intervals", "input_scale", "output_scale")


#: What PyTorch's compiler warns of in its own code.
pytestmark = pytest.mark.filterwarnings(
    "ignore:`torch.jit:DeprecationWarning",
    "ignore:<class 'torch.autograd.function.Function'> should not be:DeprecationWarning",
)


def uneven(bits: int) -> N2UQActivation:
    act = N2UQActivation(bits)
    torch.manual_seed(bits)
    with torch.no_grad():
        act.intervals.mul_(torch.rand_like(act.intervals) + 0.5)
        act.start.add_(0.1)
        act.input_scale.mul_(1.2)
    return act


def gradients(module: nn.Module) -> list[Tensor]:
    found = [value.grad for value in module.parameters()]
    assert all(value is not None for value in found)
    return [value.clone() for value in found if value is not None]


def inputs(*shape: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(0)) + 0.7


# --- Compilers -----------------------------------------------------------------------------------


class Net(nn.Module):
    def __init__(self, bits: int) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.act = uneven(bits)
        self.conv = N2UQConv2d(3, 4, 3, padding=1, bits=2)
        self.head = nn.Linear(4, 2)

    def forward(self, x: Tensor) -> Tensor:
        hidden: Tensor = self.head(self.conv(self.act(x)).mean((2, 3)))
        return hidden


@pytest.mark.parametrize("mode", ["never", "always"])
@pytest.mark.parametrize("bits", [2, 4])
def test_under_compile_in_one_graph(bits: int, mode: str) -> None:
    net, x = Net(bits), inputs(4, 3, 20, 20)
    compiled: Any = torch.compile(copy.deepcopy(net), fullgraph=True)
    with set_fused(mode):
        results = []
        for model in (net, compiled):
            leaf = x.clone().requires_grad_()
            model(leaf).square().sum().backward()
            assert leaf.grad is not None
            results.append([model(x).detach(), leaf.grad, *gradients(model)])
    for plain, other in zip(*results, strict=True):
        assert torch.allclose(plain, other, rtol=1e-4, atol=1e-5)
    assert torch.equal(net.act(x), torch.compile(net.act, fullgraph=True)(x))


def test_under_compile_the_shape_may_change() -> None:
    act = uneven(3)
    compiled = torch.compile(act, fullgraph=True, dynamic=True)
    for size in (7, 30, 31):
        x = inputs(size, 5).requires_grad_()
        compiled(x).sum().backward()
        assert torch.equal(compiled(x), act(x))
        assert x.grad is not None


def test_compile_can_refuse_what_eager_refuses() -> None:
    compiled = torch.compile(gste_quantize)
    one = torch.ones(1)
    with pytest.raises(ValueError, match="start must hold one number"):
        compiled(torch.ones(3), torch.ones(2), one, one, one)
    with pytest.raises(ValueError, match="intervals must be finite"):
        compiled(torch.ones(3), one, one * torch.nan, one, one)
    with pytest.raises(ValueError, match=r"eps must be finite and at least .* got -1.0"):
        torch.compile(gste_quantize)(torch.ones(3), one, one, one, one, eps=-1.0)


@pytest.mark.parametrize("strict", [False, True])
@pytest.mark.parametrize("bits", [1, 4])
def test_export_records_plain_operations(bits: int, strict: bool) -> None:
    act, x = uneven(bits).eval(), inputs(6, 5)
    batch = torch.export.Dim("batch", min=2)
    program = torch.export.export(act, (x,), dynamic_shapes=({0: batch},), strict=strict)
    called = {str(node.target) for node in program.graph.nodes if node.op == "call_function"}
    assert called
    assert all(name.startswith(("aten.", "<built-in", "_operator")) for name in called), called
    module = program.module()
    for some in (x, inputs(9, 5)):
        assert torch.equal(module(some), act(some).detach())
    odd = torch.tensor([torch.nan, torch.inf, -torch.inf, 0.0, 1.0]).expand(6, 5)
    assert torch.equal(module(odd).nan_to_num(7.0), act(odd).detach().nan_to_num(7.0))


# --- torch.func ----------------------------------------------------------------------------------


def loss(p: tuple[Tensor, ...], x: Tensor) -> Tensor:
    return (gste_quantize(x, *p) * x.detach().cos()).sum()


@pytest.mark.parametrize("bits", [2, 4])
def test_func_grad_is_backward(bits: int) -> None:
    act, x = uneven(bits), inputs(50)
    p = Parameters(*(getattr(act, name) for name in NAMES))
    of_p, of_x = torch.func.grad(loss, argnums=(0, 1))(tuple(part.detach() for part in p), x)
    leaf = x.clone().requires_grad_()
    (gste_quantize(leaf, *p) * x.cos()).sum().backward()
    assert leaf.grad is not None
    assert torch.equal(of_x, leaf.grad)
    for found, part in zip(of_p, p, strict=True):
        assert part.grad is not None
        assert torch.equal(found, part.grad)


@pytest.mark.parametrize("mode", ["never", "always"])
@pytest.mark.parametrize("bits", [2, 4])
def test_gradients_for_each_sample(bits: int, mode: str) -> None:
    act, x = uneven(bits), inputs(3, 4200)
    p = tuple(getattr(act, name).detach() for name in NAMES)
    with set_fused(mode):
        each = torch.func.vmap(torch.func.grad(loss, argnums=(0, 1)), in_dims=(None, 0))(p, x)
        alone = [torch.func.grad(loss, argnums=(0, 1))(p, sample) for sample in x]
    for i, (of_p, of_x) in enumerate(alone):
        assert torch.equal(each[1][i], of_x)
        for found, wanted in zip(each[0], of_p, strict=True):
            assert torch.equal(found[i], wanted)


@pytest.mark.parametrize("bits", [2, 3, 8])
@pytest.mark.parametrize("order", [(0, 1, 2), (1, 2, 0), (2, 0, 1)])
@pytest.mark.parametrize("dim", [0, 1, 2])
def test_gradients_for_each_sample_of_any_layout(
    dim: int, order: tuple[int, int, int], bits: int
) -> None:
    """What is kept of each sample lies in another order than the sample itself."""
    act, x = uneven(bits), inputs(4, 6, 5).permute(order)
    p = tuple(getattr(act, name).detach() for name in NAMES)
    of = torch.func.grad(loss, argnums=(0, 1))
    found_p, found_x = torch.func.vmap(of, in_dims=(None, dim))(p, x)
    for i, sample in enumerate(x.unbind(dim)):
        of_p, of_x = of(p, sample.contiguous())
        assert torch.equal(found_x[i], of_x)
        for found, wanted in zip(found_p, of_p, strict=True):
            assert torch.allclose(found[i], wanted, rtol=1e-5, atol=1e-6)


def test_hooks_may_keep_tensors_in_another_layout() -> None:
    act = uneven(3)
    x = inputs(2, 3, 4, 5).contiguous(memory_format=torch.channels_last).requires_grad_()
    (expected,) = torch.autograd.grad(act(x).square().sum(), x)

    def pack(tensor: Tensor) -> Tensor:
        return tensor.contiguous() if tensor.is_floating_point() else tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        y = act(x)
    (found,) = torch.autograd.grad(y.square().sum(), x)
    assert torch.equal(found, expected)


@pytest.mark.parametrize("dim", [0, 1, 2])
def test_vmap_over_x_alone(dim: int) -> None:
    act, x = uneven(3), inputs(3, 4, 5)
    found = torch.func.vmap(act, in_dims=dim, out_dims=dim)(x)
    assert torch.equal(found, act(x))


def test_vmap_over_parameters() -> None:
    """An ensemble: several quantizers at once, on the same x or on one each."""
    acts, x = [uneven(2), uneven(2).calibrate(inputs(50))], inputs(2, 50)
    p = [torch.stack([getattr(act, name).detach() for act in acts]) for name in NAMES]
    quantize: Any = gste_quantize
    shared = torch.func.vmap(quantize, in_dims=(None, 0, 0, 0, 0))(x[0], *p)
    own = torch.func.vmap(quantize)(x, *p)
    for i, act in enumerate(acts):
        assert torch.equal(shared[i], act(x[0]))
        assert torch.equal(own[i], act(x[i]))
    scales = torch.func.vmap(quantize, in_dims=(None, None, None, None, 0))(
        x[0], *(part[0] for part in p[:3]), p[3]
    )
    assert torch.equal(scales[0], acts[0](x[0]))


def test_jacobian_and_batched_gradients() -> None:
    act, x = uneven(2), inputs(6)
    p = tuple(getattr(act, name).detach() for name in NAMES)
    jacobian = torch.func.jacrev(lambda x: gste_quantize(x, *p))(x)
    leaf = x.clone().requires_grad_()
    y = gste_quantize(leaf, *p)
    with pytest.raises(RuntimeError, match=r"no batched backward pass .* use torch.func.jacrev"):
        torch.autograd.grad(y, leaf, torch.eye(6), is_grads_batched=True, retain_graph=True)
    (diagonal,) = torch.autograd.grad(y.sum(), leaf)
    assert torch.equal(jacobian, torch.diag(diagonal))


def test_twice_and_forward_mode_are_refused() -> None:
    act, x = uneven(2), inputs(6).requires_grad_()
    (first,) = torch.autograd.grad(act(x).square().sum(), x, create_graph=True)
    with pytest.raises(RuntimeError, match="gste_quantize cannot be differentiated twice"):
        first.sum().backward()
    second = torch.func.grad(lambda x: torch.func.grad(lambda x: act(x).square().sum())(x).sum())
    with pytest.raises(RuntimeError, match="gste_quantize cannot be differentiated twice"):
        second(x.detach())
    with pytest.raises(RuntimeError, match="implement the jvp function"):
        torch.func.jvp(act, (x.detach(),), (x.detach(),))


def test_only_what_is_asked_for_gets_a_gradient() -> None:
    act, x = uneven(3), inputs(40)
    act.intervals.requires_grad_(False)
    act(x).sum().backward()
    assert act.intervals.grad is None
    assert act.start.grad is not None
    with torch.no_grad():
        assert not act(x.requires_grad_()).requires_grad
    with torch.inference_mode():
        assert torch.equal(act(x), act(x.detach()))


# --- Autocast, copies, replicas ------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
@pytest.mark.parametrize("mode", ["never", "always"])
@pytest.mark.parametrize("bits", [2, 4])
def test_autocast(bits: int, mode: str, dtype: torch.dtype) -> None:
    """The convolution before it comes in half; parameters and their gradients stay float32."""
    conv, act, x = nn.Conv2d(3, 4, 3), uneven(bits), inputs(3, 3, 24, 24)
    with set_fused(mode), torch.autocast("cpu", dtype=dtype):
        hidden = conv(x)
        assert hidden.dtype == dtype
        y = act(hidden)
        assert y.dtype == dtype
        y.sum().backward()  # inside as well: nothing below may be cast again
    found = gradients(act)
    assert {value.dtype for value in found} == {torch.float32}
    act.zero_grad()
    with set_fused(mode):
        act(hidden.detach()).float().sum().backward()
    for value, wanted in zip(found, gradients(act), strict=True):
        assert torch.allclose(value, wanted, rtol=1e-4, atol=1e-4)


def test_deepcopy_and_state_dict() -> None:
    act, x = uneven(4), inputs(100)
    act(x).sum().backward()  # what backward leaves behind must not hinder a copy
    other = copy.deepcopy(act)
    assert torch.equal(other(x), act(x))
    with torch.no_grad():
        other.start.add_(1.0)
    assert not torch.equal(other(x), act(x))
    state = act.state_dict()
    assert {name: tuple(value.shape) for name, value in state.items()} == {
        "start": (1,),
        "intervals": (15,),
        "input_scale": (1,),
        "output_scale": (1,),
    }
    other.load_state_dict(state)
    assert torch.equal(other(x), act(x))
    with pytest.raises(RuntimeError, match="size mismatch for intervals"):
        N2UQActivation(2).load_state_dict(state)


def test_saved_and_read_without_pickle(tmp_path: Path) -> None:
    act, x = uneven(2), inputs(100)
    torch.save(act.state_dict(), tmp_path / "act.pt")
    other = N2UQActivation(2)
    other.load_state_dict(torch.load(tmp_path / "act.pt", weights_only=True))
    assert torch.equal(other(x), act(x))


@pytest.mark.parametrize("mode", ["never", "always"])
def test_replicas_in_threads_share_a_gradient(mode: str) -> None:
    """As DataParallel does it: shallow copies whose parameters are views of one original's."""
    act, x = uneven(2), inputs(4, 5000)
    act(x).sum().backward()
    expected = gradients(act)
    act.zero_grad()
    outputs: dict[int, Tensor] = {}

    def replica(i: int) -> None:
        copied: Any = act._replicate_for_data_parallel()  # type: ignore[no-untyped-call]
        for name in NAMES:
            setattr(copied, name, getattr(act, name).view_as(getattr(act, name)))
        outputs[i] = copied(x[i])

    with set_fused(mode):
        threads = [threading.Thread(target=replica, args=(i,)) for i in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        total = torch.stack([outputs[i] for i in range(4)])
        total.sum().backward()
    assert torch.equal(total, act(x))
    for value, wanted in zip(gradients(act), expected, strict=True):
        assert torch.allclose(value, wanted, rtol=1e-4, atol=1e-4)


def test_module_in_half_or_double() -> None:
    for dtype in (torch.float64, torch.bfloat16):
        act, x = uneven(3).to(dtype), inputs(50).to(dtype).requires_grad_()
        act(x).sum().backward()
        assert x.grad is not None
        assert {value.dtype for value in (act(x), x.grad, *gradients(act))} == {dtype}
    with pytest.raises(ValueError, match=r"start must be in torch.float32 .* got torch.float64"):
        uneven(3).double()(inputs(3))


def test_the_kernels_are_compiled_once() -> None:
    """Not again for another size, batch, shape, mode of gradients, or under autocast."""
    act = uneven(2)

    def use(x: Tensor) -> None:
        act(x).sum().backward()

    with set_fused("always"):
        use(inputs(3, 5000))
        with torch.inference_mode():
            act(inputs(5000))
        with torch.compiler.set_stance("fail_on_recompile"):
            for x in (inputs(4096), inputs(2, 3, 40, 40), inputs(7000).requires_grad_()):
                use(x)
            with torch.autocast("cpu", dtype=torch.bfloat16):
                use(inputs(5000))
            with torch.no_grad():
                act(inputs(5000))
            with torch.inference_mode():
                act(inputs(6000))
            act.start.requires_grad_(False)
            use(inputs(5000))


# --- A machine without a compiler, or with a broken one ------------------------------------------

SCRIPT = """
import json, sys, warnings
import torch
from n2uq_viz.nn import N2UQActivation, fused, set_fused
x = torch.linspace(-1.0, 3.0, 5000).requires_grad_()
said, results = [], []
for mode in ("always", "never"):
    act = N2UQActivation(2)
    with set_fused(mode), warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for _ in range(2):
            x.grad = None
            act.zero_grad()
            act(x).square().sum().backward()
    said += [str(warning.message) for warning in caught]
    results.append([act(x).sum().item(), x.grad.sum().item(), act.intervals.grad.tolist()])
print(json.dumps([said, results[0] == results[1], "torch._inductor" in sys.modules]))
"""


def without(compiler: str, tmp_path: Path) -> tuple[list[str], bool, bool]:
    """Run the script in a fresh process with that C++ compiler, and nothing compiled before."""
    own = dict(os.environ, CXX=compiler, TORCHINDUCTOR_CACHE_DIR=str(tmp_path / "cache"))
    command = [sys.executable, "-c", SCRIPT]
    done = subprocess.run(command, env=own, capture_output=True, text=True, check=True)
    said, same, inductor = json.loads(done.stdout)
    return said, same, inductor


def test_without_a_compiler_it_is_eager_and_silent(tmp_path: Path) -> None:
    assert without("no-such-compiler", tmp_path) == ([], True, False)


def test_with_a_broken_compiler_it_says_so_once_and_goes_on(tmp_path: Path) -> None:
    said, same, _ = without("false", tmp_path)
    assert same
    (line,) = said
    assert line.startswith(
        "gste_quantize goes on without its compiled kernels for torch.float32 on cpu, since "
        "compiling them failed: "
    )


def test_import_loads_no_compiler() -> None:
    code = (
        "import json, sys, n2uq_viz.nn; print(json.dumps([m for m in "
        "('torch._inductor.codecache', 'matplotlib', 'ipywidgets') if m in sys.modules]))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == []
