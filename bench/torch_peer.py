"""The PyTorch side of the benchmarks: reads one JSON task a line, answers with one JSON line.

{"task": "hello"}                                  -> {"name": "torch 2.13", "tasks": [...]}
{"task": "resnet50", "repeats": 5}                 -> {"ms": [..]}
"""
import json
import sys
import time

import torch
from torch import nn

torch.set_num_threads(int(sys.argv[1]))
torch.manual_seed(0)
try:
    import torchvision
    from torchvision.models.detection import fasterrcnn_resnet50_fpn

    torchvision.ops.nms(torch.zeros(1, 4), torch.zeros(1), 0.5)
except Exception:
    torchvision = None


class Block(nn.Module):
    """Convolutions of (kernel, inputs, outputs, stride) and a shortcut, which is a projection or option A."""

    def __init__(self, convs, project):
        super().__init__()
        layers = []
        for kernel, a, b, s in convs:
            layers += [nn.Conv2d(a, b, kernel, s, kernel // 2, bias=False), nn.BatchNorm2d(b), nn.ReLU(True)]
        self.body = nn.Sequential(*layers[:-1])
        inputs, outputs = convs[0][1], convs[-1][2]
        self.stride = max(s for _, _, _, s in convs)
        self.missing = outputs - inputs
        self.project = None
        if project and (self.stride != 1 or self.missing):
            projection = [nn.Conv2d(inputs, outputs, 1, self.stride, bias=False), nn.BatchNorm2d(outputs)]
            self.project = nn.Sequential(*projection)

    def shortcut(self, x):
        if self.project is not None:
            return self.project(x)
        if not self.missing:
            return x
        half = self.missing // 2
        return nn.functional.pad(x[:, :, :: self.stride, :: self.stride], (0, 0, 0, 0, half, self.missing - half))

    def forward(self, x):
        return torch.relu(self.body(x) + self.shortcut(x))


def convs(inputs, width, stride, bottleneck):
    if bottleneck:
        return [(1, inputs, width, 1), (3, width, width, stride), (1, width, 4 * width, 1)]
    return [(3, inputs, width, stride), (3, width, width, 1)]


def resnet(depth):
    """ResNet-20 of the CIFAR kind, 18 and 50 of the ImageNet kind."""
    cifar = depth == 20
    widths = (16, 32, 64) if cifar else (64, 128, 256, 512)
    counts = {20: (3, 3, 3), 18: (2, 2, 2, 2), 50: (3, 4, 6, 3)}[depth]
    stem = (3, 1, 1) if cifar else (7, 2, 3)
    layers = [nn.Conv2d(3, widths[0], *stem, bias=False), nn.BatchNorm2d(widths[0]), nn.ReLU(True)]
    if not cifar:
        layers.append(nn.MaxPool2d(3, 2, 1))
    inputs = widths[0]
    for stage, (width, count) in enumerate(zip(widths, counts)):
        for block in range(count):
            layers.append(Block(convs(inputs, width, 2 if stage and not block else 1, depth == 50), not cifar))
            inputs = 4 * width if depth == 50 else width
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(inputs, 10 if cifar else 1000))


def training(depth, batch, side):
    """A step of SGD."""
    model = resnet(depth).train()
    optimiser = torch.optim.SGD(model.parameters(), 0.01, momentum=0.9, weight_decay=1e-4)
    images, labels = torch.rand(batch, 3, side, side), torch.randint(0, 10, (batch,))

    def step():
        optimiser.zero_grad()
        nn.functional.cross_entropy(model(images), labels).backward()
        optimiser.step()

    return step


models = {}


TRAINING = {"train-resnet20": (20, 128, 32), "train-resnet18": (18, 8, 224), "train-resnet50": (50, 8, 224)}


def tasks():
    yield "resnet50"
    yield from TRAINING
    if torchvision:
        yield "fasterrcnn"


def prepare(task):
    if task in TRAINING:
        return training(*TRAINING[task])
    if task == "resnet50":
        model, image = resnet(50).eval(), torch.rand(1, 3, 224, 224)
        return lambda: model(image)
    model = fasterrcnn_resnet50_fpn(weights=None, weights_backbone=None).eval()
    image = torch.rand(3, 800, 1066)
    return lambda: model([image])


for line in sys.stdin:
    request = json.loads(line)
    task = request["task"]
    if task == "hello":
        versions = "torch " + torch.__version__ + (f", torchvision {torchvision.__version__}" if torchvision else "")
        answer = {"name": versions, "tasks": list(tasks())}
    else:
        if task not in models:
            models[task] = prepare(task)
        times = []
        with torch.inference_mode(task not in TRAINING):
            for _ in range(request["repeats"]):
                start = time.perf_counter()
                models[task]()
                times.append(1000 * (time.perf_counter() - start))
        answer = {"ms": times}
    print(json.dumps(answer), flush=True)
