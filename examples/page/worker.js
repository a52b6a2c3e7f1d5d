import 'fourm/worker';
