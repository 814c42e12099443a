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
    from torchvision.models.detection import fasterrcnn_resnet50_fpn, maskrcnn_resnet50_fpn

    from torchvision.models import resnet18
    from torchvision.models.detection import FasterRCNN
    from torchvision.models.detection.backbone_utils import BackboneWithFPN
    from torchvision.ops.feature_pyramid_network import LastLevelMaxPool
    from torchvision.ops.misc import FrozenBatchNorm2d

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


def detector_training(small):
    """A step of SGD of Faster R-CNN, the backbone trained from layer2 on."""
    if small:
        body = resnet18(weights=None, norm_layer=FrozenBatchNorm2d)
        layers = {"layer1": "0", "layer2": "1", "layer3": "2", "layer4": "3"}
        fpn = BackboneWithFPN(body, layers, [64, 128, 256, 512], 128, LastLevelMaxPool())
        model = FasterRCNN(fpn, num_classes=91, min_size=320, max_size=533, rpn_pre_nms_top_n_train=1000,
                           rpn_post_nms_top_n_train=500, box_batch_size_per_image=128)
    else:
        model = fasterrcnn_resnet50_fpn(weights=None, weights_backbone=None)
        for module in list(model.backbone.body.modules()):
            for name, child in list(module.named_children()):
                if isinstance(child, nn.BatchNorm2d):
                    setattr(module, name, FrozenBatchNorm2d(child.num_features))
    body = model.backbone.body
    for part in (body.conv1, body.bn1, body.layer1):
        for parameter in part.parameters():
            parameter.requires_grad = False
    model.train()
    optimiser = torch.optim.SGD([p for p in model.parameters() if p.requires_grad], 0.001, momentum=0.9,
                                weight_decay=1e-4)
    batch, height, width = (4, 320, 427) if small else (1, 800, 1066)
    scale = torch.tensor([width, height, width, height])
    images, targets = [], []
    for _ in range(batch):
        corner = torch.rand(8, 2) * 0.6
        boxes = torch.cat([corner, corner + 0.1 + 0.3 * torch.rand(8, 2)], 1) * scale
        images.append(torch.rand(3, height, width))
        targets.append({"boxes": boxes, "labels": torch.randint(1, 91, (8,))})

    def step():
        optimiser.zero_grad()
        sum(model(images, targets).values()).backward()
        optimiser.step()

    return step


models = {}


TRAINING = {"train-resnet20": (20, 128, 32), "train-resnet18": (18, 8, 224), "train-resnet50": (50, 8, 224)}
DETECTORS = {"train-small-detector": True, "train-fasterrcnn": False}


def tasks():
    yield "resnet50"
    yield from TRAINING
    if torchvision:
        yield "fasterrcnn"
        yield "maskrcnn"
        yield from DETECTORS


def prepare(task):
    if task in TRAINING:
        return training(*TRAINING[task])
    if task in DETECTORS:
        return detector_training(DETECTORS[task])
    if task == "resnet50":
        model, image = resnet(50).eval(), torch.rand(1, 3, 224, 224)
        return lambda: model(image)
    make = maskrcnn_resnet50_fpn if task == "maskrcnn" else fasterrcnn_resnet50_fpn
    model = make(weights=None, weights_backbone=None).eval()
    if task == "maskrcnn":
        # As in inference.ts: something to segment.
        model.roi_heads.box_predictor.cls_score.bias.data[1] = 4
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
        with torch.inference_mode(task not in TRAINING and task not in DETECTORS):
            for _ in range(request["repeats"]):
                start = time.perf_counter()
                models[task]()
                times.append(1000 * (time.perf_counter() - start))
        answer = {"ms": times}
    print(json.dumps(answer), flush=True)
