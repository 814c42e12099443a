/** All kernels of the tracer; importing this file registers them. */
import './batch-norm.ts';
import './convolution.ts';
import './convolution-gradient.ts';
import './elementwise.ts';
import './layout.ts';
import './matrix.ts';
import './pooling-gradient.ts';
import './reduction.ts';
import './resize-gradient.ts';
import './roi-align.ts';
import './roi-align-gradient.ts';
