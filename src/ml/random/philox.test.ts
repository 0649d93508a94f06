import { describe, expect, it } from 'vitest';
import { philox4x32 } from './philox';
describe('x', () => { it('y', () => { const b = Uint32Array.of(0,0,0,0); philox4x32(b,0,0); expect([...b].map(x=>x.toString(16))).toEqual(['6627e8d5','e169c58d','bc57ac4c','9b00dbd8']); }); });
import * as tf from '@tensorflow/tfjs-core';
import { createNoise } from './noise';
it('native', () => { const n = createNoise(3, 7); n.normal([2,3],'a').print(); n.at(tf.scalar(7,'int32')).normal([2,3],'a').print(); console.log(tf.getBackend(), tf.engine().backend.constructor.name, Object.keys(tf).length);
 const v=tf.variable(tf.ones([3,2])); const g=tf.variableGrads(()=>tf.sum(tf.relu(tf.add(tf.matMul(v,tf.ones([2,5])), tf.ones([5]))))as tf.Scalar); tf.print(Object.values(g.grads)[0] as tf.Tensor); });
