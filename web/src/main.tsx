console.log('hi');
import('./engine/x.ts').then((m) => m.go());
