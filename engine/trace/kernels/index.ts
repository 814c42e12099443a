/** Every kernel that the tracer knows; importing this file registers them. */
import './convolution.ts';
import './elementwise.ts';
import './layout.ts';
import './matrix.ts';
import './reduction.ts';
import './roi-align.ts';
