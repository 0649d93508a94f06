import { modelDefinitions } from '../../../ml/models/registry';
import { cases, conformance } from '../../../ml/testing/conformance';

// On the backend that test-setup.ts loaded: TensorFlow, unless ELBO_BACKEND says otherwise. ELBO_LONG=1: each kind of data and each choice of each setting.
for (const definition of modelDefinitions) conformance(definition, process.env.ELBO_LONG ? cases(definition) : cases(definition).slice(0, 1));
