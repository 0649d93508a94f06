import { conformance } from '../../../ml/testing/conformance';
import { modelDefinitions } from '../../../ml/models/registry';

// On the backend that test-setup.ts loaded: TensorFlow, unless ELBO_BACKEND says otherwise.
modelDefinitions.forEach((definition) => conformance(definition));
