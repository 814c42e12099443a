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


class Bottleneck(nn.Module):
    def __init__(self, inputs, width, stride):
        super().__init__()
        outputs = 4 * width
        layers = []
        for kernel, a, b, s in ((1, inputs, width, 1), (3, width, width, stride), (1, width, outputs, 1)):
            layers += [nn.Conv2d(a, b, kernel, s, kernel // 2, bias=False), nn.BatchNorm2d(b), nn.ReLU(True)]
        self.body = nn.Sequential(*layers[:-1])
        projects = stride != 1 or inputs != outputs
        projection = [nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs)]
        self.shortcut = nn.Sequential(*projection) if projects else nn.Identity()

    def forward(self, x):
        return torch.relu(self.body(x) + self.shortcut(x))


def resnet50():
    layers = [nn.Conv2d(3, 64, 7, 2, 3, bias=False), nn.BatchNorm2d(64), nn.ReLU(True), nn.MaxPool2d(3, 2, 1)]
    inputs = 64
    for stage, count in enumerate((3, 4, 6, 3)):
        for block in range(count):
            width = 64 * 2**stage
            layers.append(Bottleneck(inputs, width, 2 if stage and not block else 1))
            inputs = 4 * width
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(2048, 1000)).eval()


models = {}


def tasks():
    yield "resnet50"
    if torchvision:
        yield "fasterrcnn"


def prepare(task):
    if task == "resnet50":
        model, image = resnet50(), torch.rand(1, 3, 224, 224)
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
        with torch.inference_mode():
            for _ in range(request["repeats"]):
                start = time.perf_counter()
                models[task]()
                times.append(1000 * (time.perf_counter() - start))
        answer = {"ms": times}
    print(json.dumps(answer), flush=True)
